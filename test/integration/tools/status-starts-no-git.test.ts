import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RunEvent } from '../../../src/core/run/events.js';
import { processProbe } from '../../../src/process/trees/identify-process.js';
import { runHome, runPaths } from '../../../src/store/files/paths.js';
import { openJournal } from '../../../src/store/journal/journal.js';
import { acquireLock } from '../../../src/store/lock/lock.js';
import { createRun } from '../../../src/store/runs/runs.js';
import { targetOf } from '../../../src/core/plan/target.js';
import { tools } from '../../../src/tools/catalogue.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';
import { planOf } from '../../support/runs/plan-fixture.js';

const RUN = '20261121-090512-a1b2';
const TASKS = 100;

/** Notes each git that this process starts; `started` returns and forgets them. */
async function countedGit(folder: string): Promise<() => string[]> {
  const bin = join(folder, 'bin');
  const log = join(bin, 'started');
  await mkdir(bin);
  const path = process.env['PATH'] ?? '';
  writeFileSync(join(bin, 'git'), `#!/bin/sh\necho "$*" >> '${log}'\nPATH='${path}' exec git "$@"\n`);
  chmodSync(join(bin, 'git'), 0o755);
  process.env['PATH'] = `${bin}:${path}`;
  onTestFinished(() => {
    process.env['PATH'] = path;
  });
  return () => {
    const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
    rmSync(log, { force: true });
    return lines;
  };
}

it('status of a run of a hundred tasks starts no git once it knows the repository, with and without news', async () => {
  const repository = await createRepository({ files: { 'a.txt': 'a\n' } });
  onTestFinished(() => repository.remove());
  const { root } = repository;
  const home = runHome({ commonDir: join(root, '.git'), root });
  const commit = await repository.git(['rev-parse', 'HEAD']);
  const ids = Array.from({ length: TASKS }, (_, index) => `task-${String(index + 1).padStart(3, '0')}`);
  const plan = { ...planOf(ids.map((id) => ({ id }))), root, runId: RUN, base: { branch: 'main', commit } };
  await createRun(home, plan);
  const lock = await acquireLock(home, processProbe, {
    ...{ runId: RUN, features: [], maxConcurrency: 3, force: false, killAfterMs: 1000 },
  });
  if (lock.kind !== 'won') throw new Error('the lock is taken');
  onTestFinished(() => lock.lease.release());
  const journal = await openJournal(runPaths(home, RUN).journal, lock.lease);
  onTestFinished(() => journal.close());
  const branches = [targetOf(plan).ref, ...plan.tasks.map(({ branch }) => `refs/heads/${branch}`)];
  await repository.git(['fetch', '--quiet', '.', ...branches.map((name) => `HEAD:${name}`)]);
  const running: RunEvent[] = [];
  for (const { id } of plan.tasks) {
    running.push(
      { type: 'worktree_intended', task: id, start: commit },
      { type: 'worktree_created', task: id, start: commit },
      ...[{ type: 'attempt_intended', task: id, attempt: 1, attemptId: id, sessionId: null, budgetUsd: null } as const],
    );
  }
  await journal.append([{ type: 'run_created', runId: RUN }, ...running]);

  const started = await countedGit(join(root, '..'));
  const context = { cwd: root, env: {}, now: () => new Date(), reader: 'chat' } as const;
  const full = await tools.status.call({}, context);
  expect(full).toMatchObject({ state: 'running', counts: { running: TASKS } });
  started();

  expect((await tools.status.call({}, context)).tasks).toHaveLength(TASKS);
  const { cursor } = full;
  expect((await tools.status.call({ since: cursor }, context)).tasks).toHaveLength(0);
  await journal.append([{ type: 'attempt_started', task: 'task-007', attempt: 1, pid: 4711 }]);
  expect((await tools.status.call({ since: cursor }, context)).tasks).toMatchObject([{ id: 'task-007' }]);
  expect(started()).toEqual([]);

  // What agents commit is compared, once.
  for (const [n, { branch }] of plan.tasks.slice(0, 2).entries())
    await repository.git(['update-ref', `refs/heads/${branch}`, await workOn(repository, commit, `${String(n)}\n`)]);
  expect(await tools.status.call({}, context)).toMatchObject({
    conflicts: [{ tasks: ['task-001', 'task-002'], files: ['b.txt'] }],
  });
  expect(started()).not.toEqual([]);
  expect((await tools.status.call({}, context)).conflicts).toHaveLength(1);
  expect(started()).toEqual([]);
});

async function workOn(repository: TestRepository, base: string, text: string): Promise<string> {
  const git = (...args: string[]): Promise<string> => repository.git(args);
  await git('reset', '--quiet', '--hard', base);
  writeFileSync(join(repository.root, 'b.txt'), text);
  await git('add', 'b.txt');
  await git('commit', '--quiet', '--message', 'work');
  const commit = await git('rev-parse', 'HEAD');
  await git('reset', '--quiet', '--hard', base);
  return commit;
}
