import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathPattern, patternsIntersect } from '../../../../src/core/scope/glob-intersection.js';
import { globMatcher } from '../../../../src/core/scope/glob.js';
import { scopeOverlaps, type ScopedPlan } from '../../../../src/core/scope/scope-overlap.js';
import { parseScope } from '../../../../src/core/scope/parse-scope.js';

function plan(scopes: Record<string, string>, changed: Partial<ScopedPlan> = {}): ScopedPlan {
  const tasks = Object.entries(scopes).map(([id, section]) => ({
    id,
    wave: 1,
    deps: [],
    scope: parseScope(section).scope,
  }));
  return { tasks, waves: [{ number: 1, validation: null }], settings: { schedule: 'deps' }, skip: [], ...changed };
}

function overlaps(a: string, b: string): string[] {
  return scopeOverlaps(plan({ a, b })).map(({ path, level }) => `${level} ${path}`);
}

describe('overlaps of scopes', () => {
  it.each([
    ['CREATE is exclusive', 'CREATE: src/a.js', 'CREATE: src/a.js', ['fail src/a.js']],
    ['CREATE against MODIFY', 'CREATE: src/**', 'MODIFY: src/a.js::B', ['fail src/a.js']],
    ['a folder and a file in it', 'CREATE: src/users', 'CREATE: src/users/a.js', ['fail src/users/a.js']],
    ['two globs', 'CREATE: src/*/index.js', 'CREATE: src/users/**', ['fail src/*/index.js']],
    ['unscoped MODIFY', 'MODIFY: package.json', 'MODIFY: package.json', ['warn package.json']],
    ['unscoped against a symbol', 'MODIFY: app.js', 'MODIFY: app.js::routes', ['warn app.js']],
    ['the same symbol', 'MODIFY: app.js::A.b', 'MODIFY: app.js::A.b', ['fail app.js::A.b']],
    ['nested symbols', 'MODIFY: app.js::A', 'MODIFY: app.js::A.b', ['fail app.js::A.b']],
    ['different symbols', 'MODIFY: app.js::A.b', 'MODIFY: app.js::A.bc', []],
    ['different files', 'CREATE: src/{a,b}/**', 'CREATE: src/c/**, src/ab/x', []],
    ['BOUNDARY claims nothing', 'BOUNDARY: src/**', 'CREATE: src/a.js', []],
  ])('%s', (_, a, b, expected) => {
    expect(overlaps(a, b)).toEqual(expected);
    expect(overlaps(b, a).map((text) => text.slice(0, 4))).toEqual(expected.map((text) => text.slice(0, 4)));
  });

  it('matter only between tasks that may run together', () => {
    const scope = parseScope('CREATE: a.js').scope;
    const tasks = [
      { id: 'a', wave: 1, deps: [], scope },
      { id: 'b', wave: 1, deps: ['a'], scope: parseScope('').scope },
      { id: 'c', wave: 2, deps: ['b'], scope },
      { id: 'd', wave: 2, deps: ['b'], scope },
    ];
    const pairs = (changed: Partial<ScopedPlan>) =>
      scopeOverlaps(plan({}, { tasks, ...changed })).map((found) => found.tasks);
    expect(pairs({})).toEqual([['c', 'd']]);
    expect(pairs({ skip: ['d'] })).toEqual([]);
    const free = tasks.map((task) => ({ ...task, deps: [] }));
    expect(pairs({ tasks: free })).toHaveLength(3);
    expect(
      pairs({
        tasks: free,
        settings: { schedule: 'waves' },
        waves: [1, 2].map((number) => ({ number, validation: null })),
      }),
    ).toEqual([['c', 'd']]);
    expect(pairs({ tasks: free, waves: [{ number: 1, validation: 'npm test' }] })).toEqual([['c', 'd']]);
  });

  it('of 500 tasks are found quickly', () => {
    const scopes = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `t${index}`,
        `CREATE: src/t${index}/**, test/t${index}.{js,ts}\nMODIFY: app.js::T${index}`,
      ]),
    );
    const big = plan(scopes);
    const before = process.cpuUsage();
    expect(scopeOverlaps(big)).toEqual([]);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(3000);
  });
});

describe('patternsIntersect', () => {
  const glob = fc.array(fc.constantFrom('a', 'b', 'ab', '*', '**', 'a*', '?', '*b'), { minLength: 1, maxLength: 4 });
  const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'abb', 'ba'), { minLength: 1, maxLength: 4 });

  it('never misses a path that both globs match', () => {
    fc.assert(
      fc.property(glob, glob, path, (left, right, parts) => {
        const [a, b, name] = [left.join('/'), right.join('/'), parts.join('/')];
        if (globMatcher(a)(name) && globMatcher(b)(name)) {
          expect(patternsIntersect(pathPattern(a), pathPattern(b))).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['src/*.js', 'src/*.ts', false],
    ['src/a*', 'src/*b', true],
    ['a/**/z', 'a/z', true],
    ['a/*/z', 'a/z', true], // a/z may be a folder
    ['a/*/*.js', 'a/z.js', false],
    ['.github', '.github/*', true],
    ['app/[id]/x', 'app/[slug]/x', true],
  ])('%j and %j: %j', (a, b, expected) => {
    expect(patternsIntersect(pathPattern(a), pathPattern(b))).toBe(expected);
  });
});
