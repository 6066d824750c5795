import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { TaskView } from '../../../src/core/report/status-view.js';
import { branchOf, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';
import { gitOutput } from '../../support/git/scratch-git.js';

interface Held {
  readonly kind: string;
  readonly reason: string;
  readonly hint: string;
}

/** A finished run that has not landed, in a clean checkout. */
async function finishedRun(): Promise<{ run: RunFixture; runId: string; git: (...args: string[]) => Promise<string> }> {
  const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
  const runId = await run.spawn();
  await run.succeed('task-001');
  await run.waitForRun('completed');
  const git = async (...args: string[]): Promise<string> => run.repository.git(args);
  await git('checkout', '--quiet', '--', '.');
  return { run, runId, git };
}

const landing = async (run: RunFixture): Promise<Held> => (await run.o8Json('merge'))['landing'] as Held;

/** Runs the commands of a hint as a person would; o8 is the one under test. */
async function follow(run: RunFixture, hint: string): Promise<void> {
  for (const command of hint.split(' && ')) {
    const [program = '', ...args] = command.split(' ');
    if (program === 'o8') await run.o8(...args);
    else gitOutput(run.root, args);
  }
}

it('a renamed and a rewritten base get the work with the given commands', async () => {
  const { run, runId, git } = await finishedRun();
  const start = await run.commitOf('main');
  await git('branch', '-m', 'main', 'trunk');
  const renamed = await landing(run);
  expect(renamed).toMatchObject({ kind: 'held', reason: 'branch main was renamed to trunk' });
  await git('branch', '-m', 'trunk', 'main');
  await git('commit', '--quiet', '--amend', '--message', 'amended');
  const rewritten = await landing(run);
  expect(rewritten).toMatchObject({ kind: 'held', reason: expect.stringContaining('main was rewritten') as string });
  await follow(run, rewritten.hint);
  expect(await run.workOn('main')).toEqual(['task-001']);
  expect(await run.isAncestor(start, 'main')).toBe(false);
  expect((await run.status())['landed']).toBe(await run.commitOf(`o8/${runId}`));
});

it('a target that is deleted while agents work is restored by the given command', async () => {
  const run = await RunFixture.open({ tasks: [{ id: 'task-001', wave: 1 }] });
  const runId = await run.spawn();
  await run.waitForTask('task-001', 'running');
  await run.repository.git(['branch', '--quiet', '-D', `o8/${runId}`]);
  await run.succeed('task-001');
  await run.waitForRun('failed');
  await run.repository.git(['checkout', '--quiet', '--', '.']);
  const [task] = (await run.o8Json('status'))['tasks'] as { hint: string }[];
  await follow(run, task?.hint ?? '');
  expect(await run.workOn('main')).toEqual(['task-001']);
});

it('a target that was moved back has not landed, keeps every branch, and is restored', async () => {
  const { run, runId, git } = await finishedRun();
  const tip = await run.commitOf(`o8/${runId}`);
  await git('branch', '--quiet', '--force', `o8/${runId}`, 'main');
  const held = await landing(run);
  expect(held).toMatchObject({ kind: 'held', reason: expect.stringContaining('was moved back') as string });
  expect((await run.o8('cleanup')).stdout).toContain(
    `kept ${branchOf('task-001')}: its commits are on no other branch`,
  );
  await git('branch', '--quiet', '--force', `o8/${runId}`, 'main'); // cleanup took it, all of it being on main
  await follow(run, held.hint);
  expect(await run.commitOf('main')).toBe(tip);
  await git('branch', '-m', 'main', 'trunk');
  await run.o8('cleanup');
  expect(await git('for-each-ref', '--format=%(refname:short)', 'refs/heads')).toBe('trunk');
});

it('a conflict whose branch was moved back is not complete; a deleted worktree stops neither --force nor attach', async () => {
  const tasks = ['task-001', 'task-002'].map((id) => ({ id, wave: 1 }));
  const run = await RunFixture.open({ tasks, files: { 'shared.txt': 'start\n' } });
  await run.spawn();
  const agents = await Promise.all(tasks.map(({ id }) => run.agents.waitForAgent(id)));
  for (const agent of agents) await agent.succeed('shared.txt', `${agent.task}\n`);
  await run.waitForRun('failed');
  const { tasks: views } = await run.status();
  const task = views.find(({ state }) => state === 'merge_conflict')?.id ?? '';
  const known = await run.commitOf(branchOf(task));
  gitOutput(run.worktree(task), ['reset', '--quiet', '--hard', 'main']);
  const refusal = await run.refusal('merge', { task });
  expect(refusal.message).toContain("it no longer has the task's work");
  expect(refusal.hint).toContain(`git -C ${run.worktree(task)} reset --keep ${known}`);
  expect((await run.task(task)).state).toBe('merge_conflict');

  await rm(run.worktree(task), { recursive: true });
  expect((await run.o8('attach', task)).stderr).toContain(`The worktree of ${task} was deleted`);
  const again = run.start('run', PLAN_DIR, '--force', '--yes');
  for (const { id } of tasks) {
    const agent = await run.agents.waitForAgent(id);
    await agent.succeed(`${id}.txt`, 'again\n');
  }
  expect((await again.ended).code).toBe(0);
});

/** A finished task that waits, with the reason. */
async function waitForHeld(run: RunFixture, id: string): Promise<TaskView> {
  return waitFor(
    async () => {
      const task = await run.task(id);
      return task.state === 'merge_pending' && task.hint !== undefined ? task : null;
    },
    { timeoutMs: 30_000, what: `${id} to be held` },
  );
}

type Git = (...args: string[]) => Promise<string>;

/** What somebody does to the target while a task still works; returns what has to be said of it. */
const WAYS: Readonly<Record<string, (o: { git: Git; target: string }) => Promise<RegExp>>> = {
  'moved back': async ({ git, target }) => {
    await git('branch', '--force', target, 'main');
    return /^\S+ was moved back from [0-9a-f]{12} to [0-9a-f]{12}: it no longer contains everything that was merged into it$/;
  },
  'moved to another commit': async ({ git, target }) => {
    const other = await git('commit-tree', '-p', 'main', '-m', 'Other', 'main^{tree}');
    await git('branch', '--force', target, other);
    return /^\S+ was moved from [0-9a-f]{12} to [0-9a-f]{12}: it no longer contains everything that was merged into it$/;
  },
  renamed: async ({ git, target }) => {
    await git('branch', '-m', target, 'elsewhere');
    return /^branch \S+ was renamed to elsewhere$/;
  },
};

it(`a target ${Object.keys(WAYS).join(', ')} while agents run holds what is not merged, until the given commands bring it back`, async () => {
  const ids = Object.keys(WAYS).flatMap((_, at) => [`task-0${String(at)}1`, `task-0${String(at)}2`]);
  const settings = { maxConcurrency: ids.length };
  const run = await RunFixture.open({ tasks: ids.map((id) => ({ id, wave: 1 })), settings });
  const git: Git = async (...args) => run.repository.git(args);
  const target = `o8/${await run.spawn()}`;
  for (const [at, act] of Object.values(WAYS).entries()) {
    const [merged, held] = [`task-0${String(at)}1`, `task-0${String(at)}2`];
    await run.succeed(merged);
    await run.waitForTask(merged, 'complete');
    const said = await act({ git, target });
    await run.succeed(held);
    const { message = '' } = await waitForHeld(run, held);
    expect(message).toMatch(said);
    const { kind, reason, hint } = (await run.o8Json('merge', '--dry-run'))['landing'] as Held;
    expect({ kind, reason }).toEqual({ kind: 'held', reason: message });
    await follow(run, hint.replace(/ {3}\(.*\)$/, ''));
    expect(await run.workOn('main')).toEqual(ids.slice(0, 2 * at + 2));
  }
}, 180_000);
