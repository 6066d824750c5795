import { existsSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { declaredNames } from '../../../src/core/scope/definition-name.js';
import { describeViolation, type FileParts } from '../../../src/core/scope/scope-check.js';
import { parseScope } from '../../../src/core/scope/parse-scope.js';
import { readFileParts } from '../../../src/git/definitions/enclosing-definitions.js';
import { openRepository } from '../../../src/git/door/repository.js';
import { scopeFindings } from '../../../src/supervisor/attempts/scope-findings.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

const PYTHON = `import os

RATES = {
    'a': 1,
}


class Order:
    rate = 1

    @cached
    def total(self):
        def inner():
            return 1
        return inner()

    def refund(self, total):
        return 0


def total(order):
    return order.total()
`;

let test: TestRepository;
beforeEach(async () => {
  test = await createRepository({ files: { 'README.md': 'start\n' } });
});
afterEach(async () => test.remove());

type Edit = (text: string) => string;
const replace =
  (from: string, to: string): Edit =>
  (text) => {
    if (!text.includes(from)) throw new Error(`no ${from} in the text`);
    return text.replace(from, to);
  };

/** What is known of a file that goes from one text to another. */
async function partsOf(path: string, from: string, edit: Edit): Promise<FileParts> {
  const commits = {
    from: await test.commit('from', { [path]: from }),
    to: await test.commit('to', { [path]: edit(from) }),
  };
  const parts = await readFileParts(await openRepository(test.root), commits, [path]);
  const found = parts.get(path);
  if (found === undefined) throw new Error(`nothing about ${path}`);
  return found;
}

/** Its changed lines as `+12 total in Order`, numbers as people count them. */
async function changedIn(path: string, from: string, edit: Edit): Promise<string[]> {
  const parts = await partsOf(path, from, edit);
  if (parts.kind === 'unknown') return ['unknown'];
  return parts.changed.map(({ version, line, enclosing }) => {
    const names = enclosing.map((definition) => [...declaredNames(definition)].join('.'));
    return `${version === 'old' ? '-' : '+'}${line} ${names.join(' in ') || 'nothing'}`;
  });
}

describe('readFileParts', () => {
  it('finds methods, nested functions and decorators of Python', async () => {
    const edit: Edit = (text) =>
      [
        replace('@cached', '@cached(1)'),
        replace('return 1\n', 'return 2\n'),
        replace('return inner()', 'return 2 * inner()'),
      ].reduce((edited, next) => next(edited), text);
    expect(await changedIn('a.py', PYTHON, edit)).toEqual([
      '-11 total in Order',
      '-14 inner in total in Order',
      '-15 total in Order',
      '+11 total in Order',
      '+14 inner in total in Order',
      '+15 total in Order',
    ]);
  });

  it('assigns an added definition to itself, not to the one above it', async () => {
    const added = replace('    def refund', '    def tax(self):\n        return 3\n\n    def refund');
    expect(await changedIn('a.py', PYTHON, added)).toEqual(['+17 tax in Order', '+18 tax in Order']);
  });

  it('finds deleted lines where they were', async () => {
    const deleted = replace('    def refund(self, total):\n        return 0\n', '');
    expect(await changedIn('a.py', PYTHON, deleted)).toEqual(['-17 refund in Order', '-18 refund in Order']);
  });

  it('finds what is in no definition, also right below one', async () => {
    const edit: Edit = (text) =>
      `${replace("'a': 1", "'a': 2")(text)}LIMITS = {\n    'a': 1,\n}\n`.replace('os', 'sys');
    expect(await changedIn('a.py', PYTHON, edit)).toEqual([
      '-1 nothing',
      '-4 nothing',
      '+1 nothing',
      '+4 nothing',
      '+23 nothing',
      '+24 nothing',
    ]);
  });

  it('reads Windows line ends, files without a last line end, and odd names', async () => {
    const windows = PYTHON.replaceAll('\n', '\r\n').replace(/\r\n$/, '');
    expect(await changedIn('bestellung "ü"\n/größe ☃.py', windows, (text) => `${text}  # end`)).toEqual([
      '-22 total',
      '+22 total',
    ]);
    expect(await changedIn('b.py', PYTHON, (text) => text.replace(/\n$/, ''))).toEqual(['-22 total', '+22 total']);
  });

  it('is not confused by lines that look like a diff', async () => {
    const text = 'def total():\n    return """\n@@ -1 +1 @@\ndiff --git a/a.py b/a.py\n--- a\n+++ b\n\\ no\n"""\n';
    expect(await changedIn('a.py', text, (old) => `${old}    # end\n`)).toEqual(['+9 total']);
  });

  it('finds functions and methods of Go', async () => {
    const go = [
      'package shop',
      'import "fmt"',
      'type Order struct {',
      '\tcount int',
      '}',
      'func (o *Order) Total() int {',
      '\treturn 1',
      '}',
      'var rates = map[string]int{',
      '\t"a": 1,',
      '}',
      '',
    ].join('\n');
    const edit = (text: string) => text.replace('count', 'n').replace('return 1', 'return 2').replace('"a"', '"b"');
    expect(await changedIn('a.go', go, edit)).toEqual([
      '-4 Order.struct',
      '-7 o.Order.Total',
      '-10 nothing',
      '+4 Order.struct',
      '+7 o.Order.Total',
      '+10 nothing',
    ]);
  });

  it('finds methods of Java, and no calls or branches', async () => {
    const java = [
      'import java.util.List;',
      'public class Order {',
      '    @Override',
      '    public int total(int x) {',
      '        if (x > 1) {',
      '            return 1;',
      '        } else if (x > 0) {',
      '            return 2;',
      '        }',
      '        return refund(x);',
      '    }',
      '',
      '    int refund(int total)',
      '    {',
      '        return 0;',
      '    }',
      '}',
      '',
    ].join('\n');
    const edit = (text: string) =>
      text.replace('@Override', '@Deprecated').replace('return 2', 'return 3').replace('return 0', 'return 4');
    expect(await changedIn('Order.java', java, edit)).toEqual([
      '-3 total in Order',
      '-8 total in Order',
      '-15 refund in Order',
      '+3 total in Order',
      '+8 total in Order',
      '+15 refund in Order',
    ]);
    const added = (text: string) =>
      text.replace('\n    int refund', '\n    int tax() {\n        return 1;\n    }\n\n    int refund');
    expect(await changedIn('Order.java', java, added)).toEqual(['+13 tax in Order', '+14 tax in Order']);
  });

  it('finds functions of Rust in their implementations', async () => {
    const rust = [
      'use std::fmt;',
      'impl fmt::Display for Order {',
      '    #[inline]',
      '    pub fn total<T>(&self) -> i32 {',
      '        1',
      '    }',
      '}',
      '',
    ].join('\n');
    const edit = (text: string) =>
      text.replace('inline', 'cold').replace('        1', '        2').replace('fmt;', 'io;');
    const changed = await changedIn('a.rs', rust, edit);
    expect(changed.filter((line) => line.startsWith('+'))).toEqual([
      '+1 nothing',
      '+3 total in fmt.Display.for.Order',
      '+5 total in fmt.Display.for.Order',
    ]);
  });

  it.each(['a.ts', 'a.mjs', 'a.unknown', 'Makefile'])('knows nothing of %s', async (path) => {
    expect(await changedIn(path, 'class A {\n  b() {}\n}\n', replace('b', 'c'))).toEqual(['unknown']);
  });

  it('knows nothing of binary files and of changes of the mode alone', async () => {
    expect(await changedIn('a.py', `${PYTHON}\0`, replace('return 0', 'return 1'))).toEqual(['unknown']);
    const from = await test.commit('from', { 'b.py': PYTHON, 'c.py': PYTHON });
    await chmod(join(test.root, 'b.py'), 0o755);
    const to = await test.commit('to', { 'c.py': PYTHON.replace('return 0', 'return 1') });
    const parts = await readFileParts(await openRepository(test.root), { from, to }, ['c.py', 'b.py']);
    expect([parts.get('b.py')?.kind, parts.get('c.py')?.kind]).toEqual(['unknown', 'known']);
  });

  it('answers for many files at once, in any order', async () => {
    const names = Array.from({ length: 250 }, (_, at) => (at % 2 === 0 ? `d/${at}.py` : `d${at}.py`));
    const all = (text: string) =>
      Object.fromEntries(names.map((name) => [name, text.replaceAll('refund', `f${name.replace(/\D/g, '')}`)]));
    const from = await test.commit('from', all(PYTHON));
    const to = await test.commit('to', all(PYTHON.replace('return 0', 'return 1')));
    const parts = await readFileParts(await openRepository(test.root), { from, to }, names.toReversed());
    for (const name of names) {
      const found = parts.get(name);
      expect(found?.kind === 'known' ? found.changed.map(({ enclosing }) => enclosing[0]?.trim()) : null).toEqual([
        `def f${name.replace(/\D/g, '')}(self, total):`,
        `def f${name.replace(/\D/g, '')}(self, total):`,
      ]);
    }
  });

  it('runs nothing that attributes and settings of the repository name', async () => {
    const marker = join(test.root, '..', 'executed');
    const program = join(test.root, '..', 'program');
    await test.write('../program', `#!/bin/sh\ntouch '${marker}'\ncat "$1"\n`);
    await chmod(program, 0o755);
    for (const setting of ['diff.evil.command', 'diff.evil.textconv', 'diff.python.command', 'diff.python.textconv']) {
      await test.git(['config', setting, program]);
    }
    await test.git(['config', 'diff.external', program]);
    await test.write('.gitattributes', '*.py diff=evil\n*.pyi diff=python\n');
    expect(await changedIn('a.py', PYTHON, replace('return 0', 'return 1'))).toEqual([
      '-18 refund in Order',
      '+18 refund in Order',
    ]);
    expect(await changedIn('a.pyi', PYTHON, replace('return 0', 'return 1'))).toHaveLength(2);
    expect(existsSync(marker)).toBe(false);
    await test.git(['diff', 'HEAD~1', '--', 'a.pyi']); // the settings would have worked
    expect(existsSync(marker)).toBe(true);
    await rm(marker);
  });

  it('obeys a driver that the repository declares, where git knows it or the settings define it', async () => {
    await test.write('.gitattributes', '*.ts diff=mine\n*.txt diff=python\n*.py -diff\n');
    const script = 'class A {\n  b() {\n    return 1;\n  }\n}\n';
    const edit = replace('return 1', 'return 2');
    expect(await changedIn('a.ts', script, edit)).toEqual(['unknown']);
    await test.git(['config', 'diff.mine.xfuncname', '^[ \t]*((class |[a-z]+\\().*)$']);
    expect(await changedIn('b.ts', script, edit)).toEqual(['-3 b in A', '+3 b in A']);
    expect(await changedIn('a.txt', 'def total():\n    return 1\n', edit)).toEqual(['-2 total', '+2 total']);
    expect(await changedIn('a.py', 'def total():\n    return 1\n', edit)).toEqual(['unknown']);
  });

  it('ignores an invalid pattern', async () => {
    await test.write('.gitattributes', '*.ts diff=mine\n');
    await test.git(['config', 'diff.mine.xfuncname', '(']);
    const from = await test.commit('from', { 'a.ts': 'a\n', 'a.py': 'def total():\n    return 1\n' });
    const to = await test.commit('to', { 'a.ts': 'b\n', 'a.py': 'def total():\n    return 2\n' });
    const parts = await readFileParts(await openRepository(test.root), { from, to }, ['a.ts', 'a.py']);
    expect(parts.get('a.py')).toMatchObject({ kind: 'known', definitions: [['def total():'], ['def total():']] });
    expect(parts.get('a.ts')).toEqual({ kind: 'unknown' });
  });
});

describe('scopeFindings', () => {
  async function outside(section: string, files: Readonly<Record<string, string>>): Promise<string[]> {
    const from = await test.git(['rev-parse', 'HEAD']);
    const to = await test.commit('to', files);
    const repo = await openRepository(test.root);
    const found = await scopeFindings({ repo }, { scope: parseScope(section).scope }, from, to);
    return found.map(describeViolation);
  }

  it('names the lines outside the parts that a task may modify', async () => {
    await test.commit('from', { 'src/a.py': PYTHON, 'src/a.ts': 'let a;\n', 'src/b.py': PYTHON });
    const changed = PYTHON.replace('return 0', 'return 1')
      .replace('import os', 'import sys')
      .replace('inner()\n', 'inner() + 1\n');
    const scope = 'MODIFY: src/a.py::Order.total, src/a.ts::A, src/b.py\nBOUNDARY: lib';
    expect(
      await outside(scope, { 'src/a.py': changed, 'src/a.ts': 'let b;\n', 'src/b.py': changed, 'lib/x': '' }),
    ).toEqual([
      'lib/x: inside BOUNDARY lib',
      'src/a.py:1: outside Order.total (in no definition)',
      'src/a.py:18: outside Order.total (in def refund)',
    ]);
  });

  it('lets a task write the member it was given, and no other', async () => {
    await test.commit('from', { 'a.py': PYTHON });
    const added = (name: string) =>
      PYTHON.replace('    def refund', `    def ${name}(self):\n        return 3\n\n    def refund`);
    expect(await outside('MODIFY: a.py::Order.tax', { 'a.py': added('tax') })).toEqual([]);
    await test.commit('again', { 'a.py': PYTHON });
    expect(await outside('MODIFY: a.py::Order.total', { 'a.py': added('tax') })).toEqual([
      'a.py:17: outside Order.total (in def tax)',
    ]);
  });

  it('goes by the file where it was renamed, deleted or added', async () => {
    await test.commit('from', { 'a.py': PYTHON, 'b.py': 'x = 1\n' });
    await test.git(['mv', 'a.py', 'c.py']);
    await rm(join(test.root, 'b.py'));
    const scope = 'MODIFY: a.py::Order, b.py::Order, d.py::Order';
    expect(await outside(scope, { 'd.py': 'y = 1\n' })).toEqual(['c.py: in neither CREATE nor MODIFY']);
  });
});
