import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { RunEvent } from '../../../src/core/run/events.js';
import { openRepository } from '../../../src/git/door/repository.js';
import { answerRequest, submitRequest, withdrawRequest } from '../../../src/store/runs/request-files.js';
import { createRun } from '../../../src/store/runs/runs.js';
import { Supervisor } from '../../../src/supervisor/loop/supervise.js';
import { RequestDesk } from '../../../src/supervisor/requests/answer-requests.js';
import { filesOf, type Run } from '../../../src/supervisor/run/run.js';
import { forgetReads, scansOf } from '../../support/files/counted-reads.js';
import { createRepository } from '../../support/git/repository.js';
import { ledgerInMemory, runOf } from '../../support/runs/merge-run.js';
import { planOf } from '../../support/runs/plan-fixture.js';

vi.mock('node:fs/promises', async (original) => {
  const { countedPromises } = await import('../../support/files/counted-reads.js');
  return countedPromises(await original());
});

/** A finished run; `events` is what is recorded of it from now on. */
async function finishedRun(): Promise<{ readonly run: Run; readonly events: RunEvent[] }> {
  const repository = await createRepository({ files: { 'a.txt': 'a\n' } });
  onTestFinished(() => repository.remove());
  const repo = await openRepository(repository.root);
  const plan = { ...planOf([{ id: 'task-001' }]), root: repository.root };
  const events: RunEvent[] = [];
  const run = runOf(plan, repo, ledgerInMemory(plan, events));
  await createRun(run.home, plan);
  await run.ledger.record(
    { type: 'task_aborted', task: 'task-001' },
    { type: 'run_aborting' },
    { type: 'run_finished', state: 'aborted' },
  );
  events.length = 0;
  return { run, events };
}

it('a tick scans the requests once, with none and with several of them', async () => {
  const { run, events } = await finishedRun();
  const supervisor = new Supervisor(run, true, []);
  const { requests: folder } = filesOf(run);
  forgetReads();
  await supervisor.tick();
  expect(scansOf(folder)).toBe(1);
  const ids = [randomUUID(), randomUUID()];
  const [pause = '', abort = ''] = ids;
  await submitRequest(run.home, run.plan.runId, { kind: 'pause', id: pause, agents: 'let_finish' });
  await submitRequest(run.home, run.plan.runId, { kind: 'abort', id: abort, task: null, cleanup: false });
  forgetReads();
  await supervisor.tick();
  expect(scansOf(folder)).toBe(1);
  const done = events.flatMap((event) => (event.type === 'request_done' ? [event.request] : []));
  expect(done.sort()).toEqual(ids.sort());
});

it('what was answered or withdrawn since the scan is not carried out', async () => {
  const { run, events } = await finishedRun();
  const desk = new RequestDesk({
    run,
    mergesIdle: () => true,
    isBusy: () => false,
    startStopping: () => undefined,
    startJob: () => undefined,
    stopTask: () => Promise.reject(new Error('nothing is to be stopped')),
    stopped: [],
  });
  const ids = [randomUUID(), randomUUID()];
  const [answered = '', withdrawn = ''] = ids;
  const { runId } = run.plan;
  for (const id of ids) await submitRequest(run.home, runId, { kind: 'abort', id, task: null, cleanup: false });
  const requests = await desk.pending();
  expect(requests).toHaveLength(2);
  await answerRequest(run.home, runId, answered, { kind: 'done', result: {} });
  await withdrawRequest(run.home, runId, withdrawn);
  await desk.serveAborts(requests);
  expect(events).toEqual([]);
});
