import { describe, expect, it } from 'vitest';
import { inTerminal } from '../../../../src/core/base/text.js';
import type { SeenPull } from '../../../../src/core/forge/pull-request.js';
import { pullStep, pushStep } from '../../../../src/core/run/rules/pull-step.js';
import { seenPull } from '../../../support/github/seen-pull.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory, timeOf } from '../../../support/runs/run-history.js';

const task = 'a';
const TIP = 'tip-a';

function published(): RunHistory {
  return new RunHistory(planOf([{ id: task }]))
    .lead(task, 'merge_pending')
    .record(
      { type: 'push_intended', task, commit: TIP, replaces: null },
      { type: 'branch_pushed', task, commit: TIP },
      { type: 'pull_opened', task, number: 7, url: 'u', base: 'main' },
    );
}

/** What follows when the forge shows this an hour later. */
function stepFor(run: RunHistory, change: Partial<SeenPull>) {
  const [planned] = run.plan.tasks;
  if (planned === undefined) throw new Error('no task');
  const record = run.task(task);
  return pullStep(run.plan, planned, record, seenPull({ headCommit: TIP, ...change }), {
    now: timeOf(3600),
    pushedAt: record.pull?.pushedAt ?? '',
    before: record.pull?.before ?? null,
  });
}

const failing: Partial<SeenPull> = { checks: [{ name: 'ci', outcome: 'failed', required: false, url: null }] };

describe('a push', () => {
  const ours = {
    pushed: 'p',
    pushedAt: null,
    before: null,
    intent: null,
    described: null,
    opened: null,
    seen: null,
    review: null,
    returned: [],
  };

  it.each([
    ['is done when the remote has the commit', null, TIP, { kind: 'there' }],
    ['makes the branch', null, null, { kind: 'push', replaces: null }],
    ['makes it again when somebody deleted it', ours, null, { kind: 'push', replaces: null }],
    ['replaces what was pushed last', ours, 'p', { kind: 'push', replaces: 'p' }],
    [
      'replaces what a killed supervisor pushed',
      { ...ours, pushed: null, intent: { commit: 'i', replaces: null } },
      'i',
      { kind: 'push', replaces: 'i' },
    ],
    ['takes what a person pushed', ours, 'x', { kind: 'take', head: 'x' }],
    ['leaves a branch that it never pushed', null, 'x', { kind: 'foreign', head: 'x' }],
  ] as const)('%s', (_, pull, remote, expected) => {
    expect(pushStep(pull, TIP, remote, false)).toEqual(expected);
  });

  it('takes commits that a person added to the task before its first push', () => {
    expect(pushStep(null, TIP, 'x', true)).toEqual({ kind: 'take', head: 'x' });
  });
});

describe('an open pull request', () => {
  it('is ready when nothing holds it back, and waits for running checks', () => {
    expect(stepFor(published(), {})).toMatchObject({ kind: 'ready' });
    const checks = [{ name: 'ci', outcome: 'pending' as const, required: false, url: null }];
    expect(stepFor(published(), { checks })).toMatchObject({
      kind: 'seen',
      seen: { kind: 'waiting', message: 'wait: checks are running: ci', head: TIP },
    });
  });

  it('says a thing once', () => {
    const run = published();
    const checks = [{ name: 'ci', outcome: 'pending' as const, required: false, url: null }];
    const step = stepFor(run, { checks });
    if (step.kind !== 'seen') throw new Error(step.kind);
    run.record({ type: 'pull_seen', task, seen: step.seen });
    expect(stepFor(run, { checks })).toEqual({ kind: 'nothing' });
  });

  it('merged by anybody is merged, and pushed to by anybody is taken', () => {
    expect(stepFor(published(), { state: { kind: 'merged', commit: 'm', by: 'ann' } })).toMatchObject({
      kind: 'merged',
      commit: 'm',
    });
    expect(stepFor(published(), { headCommit: 'theirs' })).toEqual({ kind: 'take', head: 'theirs' });
  });

  it('shows the commit before the last push for a moment', () => {
    const run = published();
    run.record({ type: 'task_done', task, tip: 'tip-2', commits: 2, notes: [] });
    run.record({ type: 'push_intended', task, commit: 'tip-2', replaces: TIP });
    run.record({ type: 'branch_pushed', task, commit: 'tip-2' });
    expect(stepFor(run, { headCommit: TIP })).toEqual({ kind: 'nothing' });
  });

  it('that was closed waits for a person, once', () => {
    const run = published();
    const step = stepFor(run, { state: { kind: 'closed' } });
    if (step.kind !== 'hold') throw new Error(step.kind);
    expect(step.reason).toBe('pull request #7 was closed without a merge');
    expect(inTerminal(step.hint)).toBe(`gh pr reopen 7 && o8 merge --run ${run.plan.runId} --task a`);
    run.record(
      { type: 'pull_seen', task, seen: step.seen },
      { type: 'merge_held', task, reason: step.reason, hint: '' },
    );
    expect(stepFor(run, { state: { kind: 'closed' } })).toEqual({ kind: 'nothing' });
    expect(stepFor(run, {})).toMatchObject({ kind: 'ready' }); // reopened
  });

  it('goes back to the agent with what failed, as often as the settings say, then to a person', () => {
    const run = published();
    const first = stepFor(run, failing);
    if (first.kind !== 'return') throw new Error(first.kind);
    expect(first.note).toContain('- ci');
    for (const round of [1, 2]) {
      run.record({ type: 'pull_returned', task, note: 'n', about: `head-${String(round)}` });
      run.record(
        { type: 'attempt_intended', task, attempt: round + 1, attemptId: '', sessionId: null, budgetUsd: null },
        { type: 'task_done', task, tip: TIP, commits: 1, notes: [] },
      );
    }
    expect(stepFor(run, failing)).toMatchObject({
      kind: 'hold',
      reason: 'pull request #7: checks failed: ci, after 2 rounds with the agent',
    });
  });

  it('does not go back twice for the same review of the same commit', () => {
    const run = published();
    const review = { id: 'r1', by: 'ann', body: 'use the index', lines: [] };
    const change: Partial<SeenPull> = { review: 'changes_requested', requestedChanges: [review] };
    const step = stepFor(run, change);
    if (step.kind !== 'return') throw new Error(step.kind);
    expect(step.note).toContain('ann requests changes:');
    run.record({ type: 'pull_returned', task, note: step.note, about: step.about });
    run.record(
      { type: 'attempt_intended', task, attempt: 2, attemptId: '', sessionId: null, budgetUsd: null },
      { type: 'task_done', task, tip: 'tip-2', commits: 1, notes: [] },
      { type: 'branch_pushed', task, commit: 'tip-2' },
    );
    expect(stepFor(run, { ...change, headCommit: 'tip-2' })).toMatchObject({
      kind: 'seen',
      seen: { kind: 'waiting' },
    });
  });

  it('in conflict is said so once, and is looked at again when somebody pushed', () => {
    const run = published();
    expect(stepFor(run, { mergeability: 'conflicting' })).toMatchObject({ kind: 'conflict' });
    run.record({ type: 'task_conflicted', task, files: ['x'], targetCommit: 't', branchCommit: TIP });
    expect(stepFor(run, { mergeability: 'conflicting' })).toMatchObject({ kind: 'conflict' }); // not commented on yet
    run.record({ type: 'pull_seen', task, seen: { kind: 'conflict', message: '', head: 'tip' } });
    expect(stepFor(run, { mergeability: 'conflicting' })).toMatchObject({ kind: 'seen', seen: { kind: 'conflict' } });
    expect(stepFor(run, { mergeability: 'mergeable', headCommit: 'rebased' })).toEqual({
      kind: 'take',
      head: 'rebased',
    });
  });
});
