import { describe, expect, it } from 'vitest';
import type { SeenPull } from '../../../../src/core/forge/pull-request.js';
import { pullProspect } from '../../../../src/core/run/rules/pull-prospect.js';
import { seenPull } from '../../../support/github/seen-pull.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory, timeOf } from '../../../support/runs/run-history.js';

const task = 'a';
const TIP = 'tip-a';
const check = (outcome: 'pending' | 'failed') => [{ name: 'ci', outcome, required: false, url: null }];

function published(): RunHistory {
  return new RunHistory(planOf([{ id: task }]))
    .lead(task, 'merge_pending')
    .record(
      { type: 'push_intended', task, commit: TIP, replaces: null },
      { type: 'branch_pushed', task, commit: TIP },
      { type: 'pull_opened', task, number: 7, url: 'u', base: 'main' },
    );
}

function prospect(run: RunHistory, change: Partial<SeenPull>, before: string | null = null) {
  const [planned] = run.plan.tasks;
  if (planned === undefined) throw new Error('no task');
  const facts = { now: timeOf(3600), pushedAt: run.task(task).pull?.pushedAt ?? '', before };
  return pullProspect(run.plan, planned, run.task(task), seenPull({ headCommit: TIP, ...change }), facts);
}

describe('what merge would do with a pull request', () => {
  it.each([
    ['merges a ready one', {}, 'merge', /^ready to merge$/],
    ['waits for checks', { checks: check('pending') }, 'wait', /checks are running: ci/],
    ['refuses one with failed checks', { checks: check('failed') }, 'refuse', /checks failed: ci.*agent would work/],
    ['refuses a conflict', { mergeability: 'conflicting' }, 'refuse', /conflicts with the base branch/],
    ['refuses a draft', { state: { kind: 'open', draft: true } }, 'refuse', /draft/],
    ['verifies first what a person pushed', { headCommit: 'theirs' }, 'wait', /pushed by somebody else at theirs/],
    ['refuses a closed one', { state: { kind: 'closed' }, headBranchExists: true }, 'refuse', /closed without a merge/],
  ] as const)('%s', (_, change, action, why) => {
    const found = prospect(published(), change);
    expect(found.action).toBe(action);
    expect(found.why).toMatch(why);
  });

  it('says again what the journal knows already', () => {
    const checks = check('pending');
    const seen = { kind: 'waiting', message: 'wait: checks are running: ci', head: TIP } as const;
    const run = published().record({ type: 'pull_seen', task, seen });
    expect(prospect(run, { checks })).toEqual({ action: 'wait', why: 'wait: checks are running: ci' });
  });

  it('waits while the forge shows the commit before the last push', () => {
    expect(prospect(published(), { headCommit: 'old' }, 'old')).toMatchObject({ action: 'wait' });
  });
});
