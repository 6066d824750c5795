import { describe, expect, it } from 'vitest';
import { globMatcher } from '../../../src/core/glob.js';
import { scopeViolations, type ChangedPath } from '../../../src/core/scope-check.js';
import { parseScope } from '../../../src/core/scope.js';

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
    const before = performance.now();
    globMatcher(`${glob}b`)('a'.repeat(60));
    globMatcher(`${glob}b`)('a/'.repeat(200));
    expect(performance.now() - before).toBeLessThan(500);
  });
});
