import { expect, it } from 'vitest';
import { pullAside } from '../../../../src/core/run/rules/pull-aside.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';

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

const said = (run: RunHistory) => pullAside(run.task(task));

it('says what becomes of a task whose pull request shows older work, and nothing of others', () => {
  expect(said(new RunHistory(planOf([{ id: task }])).lead(task, 'merge_pending'))).toBeNull();
  expect(said(published())).toBeNull();
  const seen = { kind: 'checks_failed', message: 'checks failed: ci', head: TIP } as const;
  const returned = published().record(
    { type: 'pull_seen', task, seen },
    { type: 'pull_returned', task, note: 'n', about: TIP },
  );
  expect(said(returned)).toEqual({
    ...{ task, number: 7, url: 'u', action: 'wait' },
    why: 'checks failed: ci; the agent works on it again',
  });
  const proving = published().record({ type: 'pull_opened', task, number: 7, url: 'u', base: 'b', unproven: true });
  expect(said(proving)).toMatchObject({ action: 'wait', why: 'its new commit is verified and pushed first' });
  expect(said(published().record({ type: 'task_aborted', task }))).toMatchObject({ action: 'refuse' });
});
