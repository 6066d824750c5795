import { join } from 'node:path';
import { stat } from 'node:fs/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { RunEvent } from '../../../src/core/run/events.js';
import type { Plan } from '../../../src/core/plan/plan.js';
import type { Cli } from '../../../src/cli/context/cli-context.js';
import { statusCommand } from '../../../src/cli/commands/status-command.js';
import { Exit } from '../../../src/cli/context/exit.js';
import { follow } from '../../../src/cli/follow/follow.js';
import { processProbe } from '../../../src/process/trees/identify-process.js';
import { homePaths, runHome, runPaths, type RunHome } from '../../../src/store/files/paths.js';
import { openJournal, type Journal } from '../../../src/store/journal/journal.js';
import { acquireLock } from '../../../src/store/lock/lock.js';
import type { OwnedLease } from '../../../src/store/lock/owned-lease.js';
import { createRun, rewritePlan } from '../../../src/store/runs/runs.js';
import { tools } from '../../../src/tools/catalogue.js';
import { RunFiles } from '../../../src/tools/context/run-files.js';
import { bytesReadOf, forgetReads, openingsOf, scansOf } from '../../support/files/counted-reads.js';
import { createRepository } from '../../support/git/repository.js';
import { planOf } from '../../support/runs/plan-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

vi.mock('node:fs/promises', async (original) => {
  const { countedPromises } = await import('../../support/files/counted-reads.js');
  return countedPromises(await original());
});
vi.mock('node:fs', async (original) => {
  const { countedFs } = await import('../../support/files/counted-reads.js');
  return countedFs(await original());
});

const OLD = '20261121-080512-a1b2';
const RUN = '20261121-090512-a1b2';

interface OwnRun {
  readonly home: RunHome;
  readonly cli: Cli;
  readonly printed: string[];
  readonly lease: OwnedLease;
  readonly journal: Journal;
}

/** A repository with an interrupted run and one that this process owns. */
async function ownRun(): Promise<OwnRun> {
  const repository = await createRepository({ files: { 'a.txt': 'a\n' } });
  onTestFinished(() => repository.remove());
  const { root } = repository;
  const home = runHome({ commonDir: join(root, '.git'), root });
  const commit = await repository.git(['rev-parse', 'HEAD']);
  for (const runId of [OLD, RUN]) await createRun(home, planFor(root, commit, runId));
  const lock = await acquireLock(home, processProbe, {
    ...{ runId: RUN, features: [], maxConcurrency: 3, force: false, killAfterMs: 1000 },
  });
  if (lock.kind !== 'won') throw new Error('the lock is taken');
  const { lease } = lock;
  const old = await openJournal(runPaths(home, OLD).journal, { ...lease, assertHeld: () => undefined });
  await old.append([{ type: 'run_created', runId: OLD }]);
  await old.close();
  const journal = await openJournal(runPaths(home, RUN).journal, lease);
  onTestFinished(() => journal.close());
  await journal.append([{ type: 'run_created', runId: RUN }, ...started('task-001')]);
  const printed: string[] = [];
  const same = (text: string): string => text;
  const print = (text: string): void => void printed.push(text);
  const colors = { red: same, green: same, yellow: same, cyan: same, dim: same };
  const cli: Cli = {
    terminal: { colors, interactive: false, print, warn: print, render: same },
    context: { cwd: root, env: {}, now: () => new Date(), reader: 'terminal' },
    exit: new Exit(),
    spelling: 'o8',
  };
  return { home, cli, printed, lease, journal };
}

function planFor(root: string, commit: string, runId: string): Plan {
  const plan = planOf([{ id: 'task-001' }, { id: 'task-002' }]);
  return { ...plan, root, runId, base: { branch: 'main', commit } };
}

function started(task: string): RunEvent[] {
  return [
    { type: 'worktree_intended', task, start: 'start' },
    { type: 'worktree_created', task, start: 'start' },
    { type: 'attempt_intended', task, attempt: 1, attemptId: `${task}.1`, sessionId: null, budgetUsd: null },
    { type: 'attempt_started', task, attempt: 1, pid: 4711 },
  ];
}

function failed(task: string): RunEvent[] {
  const exit = { kind: 'exited', code: 3 } as const;
  return [
    { type: 'attempt_ended', task, attempt: 1, exit, costUsd: 0, tokens: 0 },
    { type: 'task_failed', task, reason: 'exit_3', message: 'the agent exited with code 3' },
  ];
}

function expectReadOnce({ home }: OwnRun): void {
  expect(scansOf(homePaths(home).lockDir)).toBe(1);
  expect(scansOf(homePaths(home).runsDir)).toBe(1);
  for (const runId of [OLD, RUN]) {
    expect(openingsOf(runPaths(home, runId).plan), runId).toBe(1);
    expect(openingsOf(runPaths(home, runId).journal), runId).toBe(1);
  }
}

it('status reads the lock, the list of runs, each plan and each journal once a call, in the terminal, too', async () => {
  const own = await ownRun();
  forgetReads();
  const answer = await tools.status.call({}, own.cli.context);
  expect(answer).toMatchObject({ runId: RUN, state: 'running', others: [{ runId: OLD, state: 'interrupted' }] });
  expectReadOnce(own);
  forgetReads();
  await statusCommand(own.cli).parseAsync(['--detailed'], { from: 'user' });
  expect(own.printed.join('\n')).toContain('task-001');
  expectReadOnce(own);
  await own.lease.release();
});

it('the follower parses the plan once and reads of the journal what was added, however often it looks', async () => {
  const { home, cli, printed, lease, journal } = await ownRun();
  const { plan, journal: path } = runPaths(home, RUN);
  forgetReads();
  const looks = (): number => scansOf(homePaths(home).lockDir); // once a second, also without news
  const after = async (count: number): Promise<void> => {
    const from = looks();
    await waitFor(() => looks() >= from + count, { timeoutMs: 20_000, what: 'looks' });
  };
  const received = new Promise<void>(() => undefined);
  const code = follow(cli, RUN, 'progress', 'start', { received, forget: () => undefined });
  await after(3);
  expect(openingsOf(path)).toBe(1);
  expect(scansOf(homePaths(home).runsDir)).toBe(1); // nothing is read again without news
  await journal.append(started('task-002'));
  await after(2);
  await journal.append([...failed('task-001'), ...failed('task-002')]);
  await after(2);
  await journal.append([{ type: 'run_finished', state: 'failed' }]);
  await waitFor(() => openingsOf(path) === 4, { timeoutMs: 20_000, what: 'the end to be read' });
  await lease.release();
  expect(await code).toBe(1);
  expect(printed.at(-1)).toContain('2 failed');
  expect(openingsOf(plan)).toBe(1);
  const again = ',"crc":"01234567"}\n'.length; // the end of the last line, which the next one has to continue
  expect(bytesReadOf(path)).toBe((await stat(path)).size + 3 * again);
});

it('a plan that was rewritten is read again', async () => {
  const { home, cli, lease } = await ownRun();
  const files = new RunFiles(home);
  const context = { ...cli.context, files };
  expect((await tools.status.call({}, context)).base).toBe('main');
  const plan = await files.plan(RUN);
  await rewritePlan(home, { ...plan, base: { ...plan.base, branch: 'trunk' } });
  expect((await tools.status.call({}, context)).base).toBe('trunk');
  await lease.release();
});
