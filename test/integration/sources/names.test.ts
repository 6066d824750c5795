import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { branchOf, nameProblem } from '../../../src/core/plan/names.js';

it('git accepts a branch for every valid name', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'B', '0', '.', '_', '-', '/', '~', '^', ':', ' '),
    minLength: 1,
    maxLength: 8,
  });
  const taken = fc
    .sample(fc.oneof(name, fc.constantFrom('lock', 'x.locks', 'A-_.z')), 400)
    .filter((text) => nameProblem(text) === null);
  expect(taken.length).toBeGreaterThan(0);
  for (const text of new Set(taken)) {
    expect(() =>
      execFileSync('git', ['check-ref-format', '--branch', branchOf(text)], { stdio: 'pipe' }),
    ).not.toThrow();
  }
});
