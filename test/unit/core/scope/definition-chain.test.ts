import { describe, expect, it } from 'vitest';
import { definitionChains } from '../../../../src/core/scope/definition-chain.js';
import { declaredNames } from '../../../../src/core/scope/definition-name.js';

const DEFINITION = /^\s*(?:class|def|func|int)\s/;

/** The marked lines (`«` at their end) with the last name of each definition around them, innermost first. */
function marked(text: string): string[] {
  const lines = text.split('\n').map((line) => ({ text: line.replace(/ ?«$/, ''), marked: line.endsWith('«') }));
  const chains = definitionChains(
    lines.map((line) => line.text),
    (line) => DEFINITION.test(line),
  );
  return lines.flatMap((line, at) => {
    const names = (chains[at] ?? []).map((definition) => [...declaredNames(definition)].at(-1));
    return line.marked ? [`${line.text.trim()}: ${names.join(' in ')}`] : [];
  });
}

describe('definitionChains', () => {
  it('follow the indentation, and end where it ends', () => {
    expect(
      marked(`import os «
class Order: «
    rate = 1 «
    def total(self): «
        def inner():
            return 1 «
        return inner() «

    def refund(self): «
        return 0
x = 1 «
def main():
    run() «`),
    ).toEqual([
      'import os: ',
      'class Order:: Order',
      'rate = 1: Order',
      'def total(self):: total in Order',
      'return 1: inner in total in Order',
      'return inner(): total in Order',
      'def refund(self):: refund in Order',
      'x = 1: ',
      'run(): main',
    ]);
  });

  it('leave a table or a block below a definition outside of it', () => {
    expect(
      marked(`def total():
    return 1
PRICES = {
    'a': 1, «
} «
if PRICES:
    run() «
else:
    stop() «`),
    ).toEqual(["'a': 1,: ", '}: ', 'run(): ', 'stop(): ']);
  });

  it('stay inside where a string or a comment stands at the margin', () => {
    expect(
      marked(`class Order:
    def total(self):
        text = """
key:
  sub
"""
# remark
        return text «`),
    ).toEqual(['return text: total in Order']);
  });

  it('stay inside where the text of a string looks like a block', () => {
    expect(
      marked(`def total():
    text = """
key:
  sub
    """
    cat <<EOF
hello «
world «
  EOF
    more() «
limit = 1 «
TABLE = [
    1, «
]
def refund():
    cat <<EOF
hello
EOF
    return 1 «`),
    ).toEqual(['hello: total', 'world: total', 'more(): total', 'limit = 1: ', '1,: ', 'return 1: refund']);
  });

  it('take labels and remarks at the margin for part of what is around them', () => {
    expect(
      marked(`class Order {
public:
    rate = 1; «
private: «
    int total(int x) {
#ifdef FAST «
        a();
done: «
        return 1; «
    }
    // remark «
    // more «

    int refund(int x) {
    }
};
// about nothing «
#define X «
int other() {
}
// at the end «`),
    ).toEqual([
      'rate = 1;: Order',
      'private:: Order',
      '#ifdef FAST: total in Order',
      'done:: total in Order',
      'return 1;: total in Order',
      '// remark: Order',
      '// more: Order',
      '// about nothing: ',
      '#define X: ',
      '// at the end: ',
    ]);
  });

  it('give decorators, attributes and comments to the definition below them', () => {
    expect(
      marked(`class Order:
    def refund(self):
        return 0
    # about total «
    @cached( «
        1, «
    ) «
    def total(self):
        return 1

    # about nothing «

    @other «
    def other(self):
        pass`),
    ).toEqual([
      '# about total: total in Order',
      '@cached(: total in Order',
      '1,: total in Order',
      '): total in Order',
      '# about nothing: Order',
      '@other: other in Order',
    ]);
  });

  it('assign a closing line to the line that opened the block', () => {
    expect(
      marked(`int total(
    int x
) { «
    if (x) {
        a(); «
    } else { «
        b(); «
    } «
} «
var table = [
    1, «
]; «
if (x) {
    a();
} else { «
    b(); «
} «`),
    ).toEqual([
      ') {: total',
      'a();: total',
      '} else {: total',
      'b();: total',
      '}: total',
      '}: total',
      '1,: ',
      '];: ',
      '} else {: ',
      'b();: ',
      '}: ',
    ]);
  });

  it('see braces on lines of their own', () => {
    expect(
      marked(`class Order
{
\tint total()
\t{ «
\t\treturn 1; «
\t} «

\tint refund() «
\t{
\t}
} «`),
    ).toEqual([
      '{: Order',
      'return 1;: total in Order',
      '}: total in Order',
      'int refund(): refund in Order',
      '}: Order',
    ]);
  });

  it('are quick on a long file', () => {
    const lines = Array.from({ length: 30_000 }, (_, at) => `${' '.repeat(at % 60)}def f${at}()`);
    const before = process.cpuUsage();
    definitionChains(lines, () => true);
    definitionChains(lines, () => false);
    definitionChains(
      lines.map((line, at) => (at % 2 === 0 ? line : '# remark')),
      () => true,
    );
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
  });
});
