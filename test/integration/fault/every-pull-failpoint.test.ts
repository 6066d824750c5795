import { describe, expect, it } from 'vitest';
import { PULL_FAILPOINTS, pullHits, tellPulls, type PullTold } from '../../support/faults/pull-story.js';
import type { Fault } from '../../support/faults/fault-run.js';
import { whyNoGh } from '../../support/github/gh-environment.js';
import { Pool } from '../../support/waiting/pool.js';

/**
 * As every-failpoint.test.ts, for pull requests: before and after each effect on the remote and on the forge. Neighbours,
 * which nearly coincide, are in different runs; `npm run faults` takes every hit by itself.
 */
const TIMEOUT_MS = 240_000;

const noGh = whyNoGh();
const pool = new Pool<PullTold>(2);
const together = (half: number): readonly Fault[] =>
  PULL_FAILPOINTS.filter((_, index) => index % 2 === half).map((at) => ({ at, n: 1 }));
const hands: readonly (readonly Fault[])[] =
  noGh !== null
    ? []
    : process.env['FAULTS'] === 'every-hit'
      ? (await pullHits()).map((fault) => [fault])
      : [together(0), together(1)];
const title = (hand: readonly Fault[]): string =>
  hand.map(({ at, n }) => `${at}${n === 1 ? '' : ` (${String(n)}.)`}`).join(', ');
// First: every other story is compared with it.
const undisturbed = noGh === null ? pool.start(async () => tellPulls([])) : null;
const cases = hands.map((hand) => ({ title: title(hand), told: pool.start(async () => tellPulls(hand)) }));

describe.skipIf(noGh !== null)('pull requests end like those of an undisturbed run:', { timeout: TIMEOUT_MS }, () => {
  it('without a fault', async () => {
    const told = await undisturbed?.result;
    expect(told?.outcome, told?.logs).toMatchObject({
      phase: 'completed',
      branches: ['refs/heads/main', 'refs/heads/mine', 'refs/remotes/origin/main'],
      remote: ['refs/heads/main'],
      worktrees: ['repository'],
      commits: ['Change shared.txt', 'Plan', 'Task task-001', 'Task task-002', 'Task task-003', 'start'],
      pulls: [
        'feature/task-001-work into main: MERGED, 1 comments, 1 marker',
        'feature/task-002-work into main: MERGED, 0 comments, 1 marker',
        'feature/task-003-work into main: MERGED, 0 comments, 1 marker',
      ],
      locks: [],
      processes: [],
      faults: [],
    });
    expect(told?.wrongStarts, told?.logs).toEqual([]);
  });

  it.each(cases)('killed at $title', async ({ told: playing }) => {
    const [expected, told] = await Promise.all([undisturbed?.result, playing.result]);
    expect(told.missed, told.logs).toEqual([]);
    expect(told.outcome, told.logs).toEqual(expected?.outcome);
    expect(told.wrongStarts, told.logs).toEqual([]);
  });
});
