import { describe, expect, it } from 'vitest';
import { globMatcher } from '../../../../src/core/scope/glob.js';
import {
  describeViolation,
  partlyAllowed,
  scopeViolations,
  type ChangedLine,
  type ChangedPath,
  type FileParts,
} from '../../../../src/core/scope/scope-check.js';
import { parseScope } from '../../../../src/core/scope/parse-scope.js';

const change = (path: string, status: ChangedPath['status'] = 'modified', oldPath: string | null = null) => ({
  path,
  status,
  oldPath,
});

function violations(section: string, ...changes: ChangedPath[]): string[] {
  return scopeViolations(parseScope(section).scope, changes).map(({ path, rule }) => `${path}: ${rule}`);
}

describe('scopeViolations', () => {
  const scope = 'CREATE: src/users/**\nMODIFY: src/app.js::routes\nBOUNDARY: src/users/legacy/**';

  it('allows what CREATE and MODIFY name', () => {
    expect(violations(scope, change('src/users/a.js', 'added'), change('src/app.js'))).toEqual([]);
  });

  it('names a path that is in neither', () => {
    expect(violations(scope, change('src/orders.js', 'added'))).toEqual([
      'src/orders.js: in neither CREATE nor MODIFY',
    ]);
  });

  it('lets BOUNDARY win over CREATE', () => {
    expect(violations(scope, change('src/users/legacy/a.js'))).toEqual([
      'src/users/legacy/a.js: inside BOUNDARY src/users/legacy/**',
    ]);
  });

  it('looks at both ends of a rename and only at the new one of a copy', () => {
    const renamed = change('src/users/b.js', 'renamed', 'src/b.js');
    expect(violations(scope, renamed)).toEqual(['src/b.js: in neither CREATE nor MODIFY']);
    expect(violations(scope, change('src/users/b.js', 'copied', 'src/b.js'))).toEqual([]);
  });

  it('allows everything outside BOUNDARY to a task that declares nothing else', () => {
    const changes = [change('anything.js'), change('docs/a.md', 'deleted')];
    expect(violations('BOUNDARY: docs', ...changes)).toEqual(['docs/a.md: inside BOUNDARY docs']);
    expect(violations('', ...changes)).toEqual([]);
  });
});

describe('scopeViolations of parts of files', () => {
  const ORDER = 'class Order:';
  const TOTAL = '    def total(self):';
  const REFUND = '    def refund(self, total):';
  const definitions = [[ORDER], [TOTAL, ORDER], [REFUND, ORDER], ['def total(x):']];
  const line = (number: number, enclosing: readonly string[], version: 'old' | 'new' = 'new'): ChangedLine => ({
    version,
    line: number,
    enclosing,
  });

  function outside(section: string, changed: readonly ChangedLine[], known = definitions): string[] {
    const parts: FileParts = { kind: 'known', definitions: known, changed };
    return scopeViolations(parseScope(section).scope, [change('a.py')], () => parts).map(describeViolation);
  }

  it('allow the lines inside the symbol, however deep', () => {
    const inner = line(3, ['        def inner():', TOTAL, ORDER]);
    expect(outside('MODIFY: a.py::Order.total', [line(2, [TOTAL, ORDER]), inner])).toEqual([]);
    expect(outside('MODIFY: a.py::Order', [line(2, [REFUND, ORDER]), line(1, [ORDER])])).toEqual([]);
  });

  it('are found in no time in a file that changed everywhere', () => {
    const chain = [`def total(self, ${'argument, '.repeat(90)})`, ORDER];
    const changed = Array.from({ length: 200_000 }, (_, at) => line(at + 1, chain));
    const before = process.cpuUsage();
    expect(
      outside('MODIFY: a.py::Order.refund, a.py::Order.pay', changed, [...definitions, ['def pay(self):', ORDER]]),
    ).toHaveLength(1);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000); // told once for each chain; for each line it took ten seconds
  });

  it('name the first line of each other part', () => {
    const changed = [line(9, [REFUND, ORDER]), line(10, [REFUND, ORDER]), line(1, []), line(4, [TOTAL, ORDER])];
    expect(outside('MODIFY: a.py::Order.total', changed)).toEqual([
      'a.py:9: outside Order.total (in def refund)',
      'a.py:1: outside Order.total (in no definition)',
    ]);
  });

  it('take a member only inside its symbol, and a parameter for no definition', () => {
    expect(outside('MODIFY: a.py::Order.total', [line(20, ['def total(x):'])])).toEqual([
      'a.py:20: outside Order.total (in def total)',
    ]);
    expect(outside('MODIFY: a.py::total', [line(9, [REFUND, ORDER])])).toHaveLength(1);
  });

  it('give the old number of what was deleted', () => {
    expect(outside('MODIFY: a.py::Order.total', [line(7, [REFUND, ORDER], 'old')])).toEqual([
      'a.py:7: outside Order.total (in def refund, deleted)',
    ]);
  });

  it('allow the union of several symbols, and everything where the whole file is named too', () => {
    const changed = [line(2, [TOTAL, ORDER]), line(9, [REFUND, ORDER]), line(1, [])];
    expect(outside('MODIFY: a.py::Order.total, a.py::Order.refund', changed)).toEqual([
      'a.py:1: outside Order.total, Order.refund (in no definition)',
    ]);
    expect(outside('MODIFY: a.py::Order.total, *.py', changed)).toEqual([]);
    expect(outside('CREATE: a.py\nMODIFY: a.py::Order.total', changed)).toEqual([]);
  });

  it('check what git does not see as a definition as the part around it', () => {
    const changed = [line(2, [TOTAL, ORDER]), line(1, [])];
    expect(outside('MODIFY: a.py::Order.discount', changed)).toEqual([
      'a.py:1: outside Order.discount (in no definition)',
    ]);
    expect(outside('MODIFY: a.py::PRICES', changed)).toEqual([]);
  });

  it('count as whole files where nothing is known, and where the file is not only modified', () => {
    const { scope } = parseScope('MODIFY: a.py::Order');
    expect(scopeViolations(scope, [change('a.py')], () => ({ kind: 'unknown' }))).toEqual([]);
    const parts: FileParts = { kind: 'known', definitions, changed: [line(1, [])] };
    for (const status of ['added', 'deleted', 'type_changed'] as const) {
      expect(scopeViolations(scope, [change('a.py', status)], () => parts)).toEqual([]);
    }
    expect(scopeViolations(scope, [change('b.py', 'renamed', 'a.py')], () => parts).map(describeViolation)).toEqual([
      'b.py: in neither CREATE nor MODIFY',
    ]);
  });

  it('let BOUNDARY win', () => {
    expect(outside('MODIFY: a.py::Order\nBOUNDARY: a.py', [])).toEqual(['a.py: inside BOUNDARY a.py']);
  });

  it('are asked about only where nothing else decides', () => {
    const { scope } = parseScope('CREATE: c.py\nMODIFY: *.py::Order, whole.py\nBOUNDARY: no.py');
    const changes = ['a.py', 'c.py', 'whole.py', 'no.py', 'other.js'].map((path) => change(path));
    expect(partlyAllowed(scope, [...changes, change('gone.py', 'deleted')])).toEqual(['a.py']);
  });
});

describe('globMatcher', () => {
  it.each([
    ['src/users', 'src/users/a/b.js', true],
    ['src/users', 'src/users.js', false],
    ['src/*.js', 'src/a/b.js', false],
    ['src/**', 'src/.hidden/x', true],
    ['**/*.test.js', 'a/b/c.test.js', true],
    ['src/{a,b}.js', 'src/b.js', true],
    ['app/[id]/page.tsx', 'app/[id]/page.tsx', true],
    ['app/[id]/{a,b}.ts', 'app/[id]/b.ts', true],
    ['app/(group)/page.tsx', 'app/(group)/page.tsx', true],
    ['#notes', '#notes', true],
    ['caf\u00e9/**', 'cafe\u0301/x', true],
    ['src/Users/**', 'src/users/a', false],
  ])('%j and %j: %j', (glob, path, expected) => {
    expect(globMatcher(glob)(path)).toBe(expected);
  });

  it.each(['*a'.repeat(20), '**/a/'.repeat(40), '?*'.repeat(60), '{a,b}'.repeat(40)])('is quick on %j', (glob) => {
    const before = process.cpuUsage();
    globMatcher(`${glob}b`)('a'.repeat(60));
    globMatcher(`${glob}b`)('a/'.repeat(200));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
  });
});
