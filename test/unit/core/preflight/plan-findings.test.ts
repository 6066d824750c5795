import { describe, expect, it } from 'vitest';
import { planFindings } from '../../../../src/core/preflight/plan-findings.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const creates = (...globs: string[]) => ({
  create: globs.map((glob) => ({ glob, symbol: null })),
  modify: [],
  boundary: [],
});

describe('what a plan’s own files tell', () => {
  it('a path that two tasks create at the same time is a failure', () => {
    const plan = planOf([
      { id: 'a', scope: creates('src/x.ts') },
      { id: 'b', scope: creates('src/x.ts') },
    ]);
    expect(planFindings(plan, new Set())).toEqual([
      expect.objectContaining({ level: 'fail', message: 'Scope overlap: src/x.ts in a, b', tasks: ['a', 'b'] }),
    ]);
  });

  it('a task without a scope is a warning', () => {
    expect(planFindings(planOf([{ id: 'a' }]), new Set())).toEqual([
      expect.objectContaining({ level: 'warn', message: 'a does not say which files it works on' }),
    ]);
  });

  it('a hand-written prompt has to name its files and the marker', () => {
    const prompt = 'Create src/x.ts.';
    const plan = planOf([{ id: 'a', prompt, scope: creates('src/x.ts', 'src/y.ts') }]);
    const [finding] = planFindings(plan, new Set(['a']));
    expect(finding?.message).toBe('The prompt of a does not name src/y.ts, .claude-task-complete');
    expect(planFindings(plan, new Set())).toEqual([]);
  });
});
