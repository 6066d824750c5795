import { describe, expect, it } from 'vitest';
import { inTerminal } from '../../../../src/core/base/text.js';
import { attentionOf } from '../../../../src/core/report/attention.js';
import { emptyTimeline, extendTimeline } from '../../../../src/core/report/timeline.js';
import { planOf, ROOT } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';

function runOf(...ids: string[]): RunHistory {
  const run = new RunHistory(planOf(ids.map((id) => ({ id }))));
  return run.record({ type: 'run_created', runId: run.plan.runId });
}

function shown(run: RunHistory, ownerAlive = true): string[] {
  const timeline = extendTimeline(emptyTimeline(run.plan.tasks.map(({ id }) => id)), run.records);
  return attentionOf(run.plan, run.state, timeline, { ownerAlive, root: ROOT }).map(
    ({ kind, task, cause, commands }) =>
      `${kind} ${task ?? '-'}: ${cause} | ${commands.map((command) => inTerminal(command)).join(' | ')}`,
  );
}

const RUN = '20261121-080512-a1b2';

describe('what needs a person', () => {
  it('is nothing while everything goes on', () => {
    expect(shown(runOf('a', 'b').lead('a', 'running'))).toEqual([]);
  });

  it('is each task that does not go on by itself, the most urgent kind first, with its command', () => {
    const run = runOf('a', 'b', 'c').lead('a', 'failed').lead('b', 'merge_conflict').lead('c', 'merge_pending');
    run.record({ type: 'merge_held', task: 'c', reason: 'the checkout has changes', hint: 'git stash' });
    expect(shown(run)).toEqual([
      'held c: the checkout has changes | git stash',
      `conflict b: conflicts with o8/${RUN} in src/app.js | o8 merge --run ${RUN} --task b --resolve`,
      `failed a: exit_1: the agent exited with code 1 | o8 logs a --run ${RUN} | o8 run parallel/TS-0042-inventory-system --retry-failed`,
    ]);
  });

  it('is a run without a supervisor', () => {
    expect(shown(runOf('a'), false)).toEqual([
      `interrupted -: the supervisor is not running | o8 run --resume --run ${RUN}`,
    ]);
  });

  it('is a pause of a person; a limit says when it ends', () => {
    const run = runOf('a').record({ type: 'run_paused', reason: 'paused by the user', until: null });
    expect(shown(run)).toEqual([`paused -: paused by the user | o8 unpause --run ${RUN}`]);
    run.record({ type: 'run_resumed' }, { type: 'run_paused', reason: 'usage limit', until: '2026-11-21T09:00:00Z' });
    expect(shown(run)).toEqual([`limit -: usage limit | o8 unpause --run ${RUN}`]);
  });

  it('is finished work that has not landed', () => {
    const run = runOf('a').lead('a', 'complete').record({ type: 'run_finished', state: 'completed' });
    expect(shown(run, false)).toEqual([`land -: finished work is on o8/${RUN}, not on main | o8 merge --run ${RUN}`]);
  });
});
