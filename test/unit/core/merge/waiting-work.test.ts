import { inTerminal } from '../../../../src/core/base/text.js';
import { expect, it } from 'vitest';
import { TASK_STATE_NAMES } from '../../../../src/core/run/task-state.js';
import { waitingWork } from '../../../../src/core/merge/waiting-work.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';

it('finished work that is not on the target waits, each with its own command', () => {
  const waiting = TASK_STATE_NAMES.flatMap((state) => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', state);
    const work = waitingWork('r1', 'a', run.task('a').state);
    return work === null ? [] : [[state, work.why, inTerminal(work.command)]];
  });
  expect(waiting).toEqual([
    ['merge_pending', 'it is waiting to be merged', 'o8 merge --run r1 --task a'],
    ['merge_conflict', 'its conflict is not resolved', 'o8 merge --run r1 --task a --resolve'],
  ]);
});
