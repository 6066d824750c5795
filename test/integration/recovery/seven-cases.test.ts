import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { processIdentitySchema } from '../../../src/core/base/process-identity.js';
import { killEverything, killSupervisor, outcomeOf, type Outcome } from '../../support/faults/crash.js';
import { identityOf } from '../../support/programs/proc-probe.js';
import { branchOf, PLAN_DIR, RunFixture, type RunOptions } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const TWO = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 2, deps: ['task-001'] },
];

/** With something of the user's in the checkout that no commit has. */
async function open(options: Partial<RunOptions> = {}): Promise<RunFixture> {
  const run = await RunFixture.open({ tasks: TWO, ...options });
  await run.repository.write('notes.txt', 'not committed\n');
  return run;
}

async function resume(run: RunFixture): Promise<void> {
  const { code, stderr } = await run.o8('spawn', '--resume');
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(
    /Warning: Found stale lock file \(PID \d+ not running\)\nRemoving stale lock and continuing\.\.\./,
  );
  expect(stderr).toMatch(/Warning: Found the interrupted run \S+: \d/);
}

let undisturbed: Promise<Outcome> | null = null;

/** The end of an undisturbed run. */
async function expectUndisturbedEnd(run: RunFixture): Promise<void> {
  await run.waitForRun('completed');
  undisturbed ??= (async () => {
    const other = await open();
    await other.spawn({ skipPreflight: true });
    await other.succeed('task-001');
    await other.succeed('task-002');
    await other.waitForRun('completed');
    return outcomeOf(other);
  })();
  expect(await outcomeOf(run)).toEqual(await undisturbed);
  expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(false);
}

describe('after everything was killed', () => {
  it('1. just after an agent was started: another one starts in the same worktree', async () => {
    const run = await open();
    await run.spawn({ skipPreflight: true });
    const before = await run.checkout();
    const first = await run.agents.waitForAgent('task-001');
    await killEverything(run);

    await resume(run);
    const second = await run.agents.waitForAgent('task-001');
    expect(second.started.cwd).toBe(first.started.cwd);
    expect(second.started.environment['O8_ATTEMPT']).not.toBe(first.started.environment['O8_ATTEMPT']);
    await second.succeed('task-001.txt', 'task-001\n');
    await run.succeed('task-002');
    await expectUndisturbedEnd(run);
    expect(run.agents.all).toHaveLength(3);
    expect(await run.checkout()).toEqual(before);
  });

  it('2. while agents worked: an adopted one continues, a lost one finds its uncommitted work', async () => {
    const run = await open({ tasks: [TWO[0], { id: 'task-002', wave: 1 }].filter((task) => task !== undefined) });
    await run.spawn({ skipPreflight: true });
    const before = await run.checkout();
    const lost = await run.agents.waitForAgent('task-001');
    const living = await run.agents.waitForAgent('task-002');
    await run.waitForTask('task-002', 'running');
    await lost.writeFile('task-001.txt', 'half\n');
    await lost.writeFile('staged.txt', 'staged\n');
    await lost.git('add', 'staged.txt');
    await living.writeFile('task-002.txt', 'half\n');
    await killSupervisor(run);
    for (const pid of [await shimOf(run, 'task-001'), lost.pid]) process.kill(pid, 'SIGKILL');
    await lost.gone;

    await resume(run);
    const again = await run.agents.waitForAgent('task-001');
    expect(again.started.cwd).toBe(lost.started.cwd);
    expect(await again.readFile('task-001.txt')).toBe('half\n');
    expect(await again.git('diff', '--cached', '--name-only')).toBe('staged.txt');
    await again.git('rm', '--quiet', '-f', 'staged.txt');
    await again.succeed('task-001.txt', 'task-001\n');
    await run.waitForTask('task-001', 'complete');
    expect(await run.task('task-002')).toMatchObject({ state: 'running', attempt: 1, pid: living.pid });
    expect(await living.readFile('task-002.txt')).toBe('half\n');
    await living.succeed('task-002.txt', 'task-002\n');
    await expectUndisturbedEnd(run);
    expect(run.agents.all).toHaveLength(3);
    expect(await run.checkout()).toEqual(before);
  });

  it('3. when the work was committed but not yet judged: it is judged and merged, nothing starts again', async () => {
    const run = await open();
    await run.spawn({ skipPreflight: true });
    const before = await run.checkout();
    const agent = await run.agents.waitForAgent('task-001');
    await run.waitForTask('task-001', 'running');
    await killSupervisor(run);
    const commit = await agent.succeed('task-001.txt', 'task-001\n');
    await waitFor(() => existsSync(join(attemptDir(run, 'task-001', runIdOf(run)), 'exit.json')), {
      timeoutMs: 20_000,
      what: 'the exit to be written down',
    });
    await killEverything(run);

    await resume(run);
    const dependent = await run.agents.waitForAgent('task-002');
    expect(await dependent.git('rev-parse', 'HEAD')).toBe(commit);
    expect(await run.task('task-001')).toMatchObject({ state: 'complete', attempt: 1, commits: 1 });
    await dependent.succeed('task-002.txt', 'task-002\n');
    await expectUndisturbedEnd(run);
    expect(run.agents.all).toHaveLength(2);
    expect(await run.checkout()).toEqual(before);
  });

  it('3b. when the work was committed and the agent had not said so: the next one finds the commit', async () => {
    const run = await open();
    await run.spawn({ skipPreflight: true });
    const first = await run.agents.waitForAgent('task-001');
    await first.writeFile('task-001.txt', 'task-001\n');
    const commit = await first.commit('All of it');
    await killEverything(run);

    await resume(run);
    const second = await run.agents.waitForAgent('task-001');
    expect(await second.git('rev-parse', 'HEAD')).toBe(commit);
    await second.markComplete();
    await second.exit(0);
    await run.succeed('task-002');
    await expectUndisturbedEnd(run);
  });

  it('4. while finished work waited to be merged: it is merged once', async () => {
    const run = await RunFixture.open({
      tasks: TWO,
      settings: { verify: 'until test -e "$HOME/go"; do sleep 0.05; done' },
    });
    await run.repository.write('notes.txt', 'not committed\n');
    await run.spawn({ skipPreflight: true });
    const before = await run.checkout();
    const commit = await run.succeed('task-001');
    await run.waitForTask('task-001', 'merge_pending');
    await killEverything(run);
    expect((await run.task('task-001')).state).toBe('merge_pending');

    await writeFile(join(run.home, 'go'), '');
    await resume(run);
    await run.succeed('task-002');
    await expectUndisturbedEnd(run);
    const target = (await run.status()).target ?? '';
    expect(await run.isAncestor(commit, target)).toBe(true);
    expect(await run.repository.git(['rev-list', '--count', `main..${target}`])).toBe('2');
    expect(await run.checkout()).toEqual(before);
  });

  it('5. when a worktree existed that the journal only announced: it is reused', async () => {
    const run = await RunFixture.open({
      tasks: TWO,
      settings: { setup: 'touch "$HOME/begun"; until test -e "$HOME/go"; do sleep 0.05; done' },
    });
    await run.repository.write('notes.txt', 'not committed\n');
    await run.spawn({ skipPreflight: true });
    const before = await run.checkout();
    const begun = join(run.home, 'begun'); // in a worktree that git is done with
    await waitFor(() => existsSync(begun), { timeoutMs: 20_000, what: 'the worktree to be set up' });
    await killEverything(run);
    expect(existsSync(join(run.worktree('task-001'), 'README.md'))).toBe(true);
    expect(await run.repository.git(['worktree', 'list', '--porcelain'])).toContain(run.worktree('task-001'));
    const types = (await run.records()).filter(({ task }) => task === 'task-001').map(({ type }) => type);
    expect(types).toEqual(['worktree_intended']);

    await writeFile(join(run.home, 'go'), '');
    await resume(run);
    await run.succeed('task-001');
    await run.succeed('task-002');
    await expectUndisturbedEnd(run);
    expect(run.agents.all).toHaveLength(2);
    expect(await run.checkout()).toEqual(before);
  });

  it('6. when somebody deleted a worktree, deleted a branch or added a commit meanwhile: no commit is lost', async () => {
    const tasks = ['task-001', 'task-002', 'task-003'].map((id) => ({ id, wave: 1 }));
    const run = await open({ tasks });
    await run.spawn({ skipPreflight: true });
    const commits = new Map<string, string>();
    for (const { id } of tasks) {
      const agent = await run.agents.waitForAgent(id);
      await agent.writeFile('half.txt', `${id}\n`);
      commits.set(id, await agent.commit('Half'));
    }
    await killEverything(run);
    const [one, two, three] = tasks.map(({ id }) => run.worktree(id));
    await rm(one ?? '', { recursive: true });
    await run.repository.git(['update-ref', '-d', `refs/heads/${branchOf('task-002')}`]);
    await writeFile(join(three ?? '', 'of-a-person.txt'), 'mine\n');
    await run.repository.git(['add', 'of-a-person.txt'], three);
    await run.repository.git(['commit', '--quiet', '-m', 'Of a person'], three);

    await resume(run);
    for (const { id } of tasks) {
      const agent = await run.agents.waitForAgent(id);
      expect(agent.started.cwd).toBe(run.worktree(id));
      expect(await agent.git('symbolic-ref', '--short', 'HEAD')).toBe(branchOf(id));
      expect(await agent.git('rev-list', 'HEAD')).toContain(commits.get(id));
      await agent.git('mv', 'half.txt', `${id}.txt`);
      await agent.succeed(`${id}.txt`, `${id}\n`);
    }
    await run.waitForRun('completed');
    const target = (await run.status()).target ?? '';
    expect(await run.workOn(target)).toEqual(tasks.map(({ id }) => id));
    expect(await run.repository.git(['show', `${target}:of-a-person.txt`])).toBe('mine');
    expect(two).toBe(run.worktree('task-002'));
    expect((await outcomeOf(run)).merged).toEqual(tasks.map(({ id }) => id));
  });

  it('7. by a restart of the machine, with pids reused: a plain o8 run of the plan says what it found and continues', async () => {
    const run = await open();
    const runId = await run.spawn({ skipPreflight: true });
    const before = await run.checkout();
    const first = await run.agents.waitForAgent('task-001');
    await run.waitForTask('task-001', 'running');
    await first.writeFile('task-001.txt', 'half\n');
    await waitFor(() => existsSync(join(attemptDir(run, 'task-001', runId), 'agent.json')), {
      timeoutMs: 20_000,
      what: 'the agent to be written down',
    });
    await killEverything(run);
    await restartMachine(run, runId);
    expect(await run.status()).toMatchObject({
      state: 'interrupted',
      hint: expect.stringMatching(/^\/parallel-run --resume --run /) as string,
    });

    const o8 = run.start('run', PLAN_DIR, '--yes');
    const second = await run.agents.waitForAgent('task-001');
    expect(second.started.cwd).toBe(first.started.cwd);
    expect(await second.readFile('task-001.txt')).toBe('half\n');
    await second.succeed('task-001.txt', 'task-001\n');
    await run.succeed('task-002');
    const { code, stdout, stderr } = await o8.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      `Warning: Found stale lock file (PID ${process.pid} not running)\nRemoving stale lock and continuing...\n`,
    );
    expect(stderr).toContain(`Warning: Found the interrupted run ${runId}: 1 running, 1 queued`);
    expect(stdout).toContain(`Run ${runId} resumed.`);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Summary: 2 completed');
    await expectUndisturbedEnd(run);
    expect(await run.checkout()).toEqual(before);
  });
});

/** Every process o8 has written down ran in an earlier boot, and its pid is now one of a process that lives. */
async function restartMachine(run: RunFixture, runId: string): Promise<void> {
  const lockDir = join(run.root, '.git/o8/lock');
  const attempt = attemptDir(run, 'task-001', runId);
  const generations = (await readdir(lockDir))
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(lockDir, name));
  const self = { ...(await identityOf(process.pid)), bootId: 'the boot before' };
  for (const file of [...generations, join(attempt, 'claim.json'), join(attempt, 'agent.json')]) {
    const record = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(file, 'utf8')));
    const changed = Object.entries(record).map(([key, value]) => [
      key,
      processIdentitySchema.safeParse(value).success ? self : value,
    ]);
    await writeFile(file, JSON.stringify(Object.fromEntries(changed)));
  }
}

function runIdOf(run: RunFixture): string {
  const id = run.agents.all.at(0)?.started.environment['O8_RUN_ID'];
  if (id === undefined) throw new Error('no agent has started');
  return id;
}

function attemptDir(run: RunFixture, task: string, runId: string): string {
  return join(run.root, '.git/o8/runs', runId, 'tasks', task, '1');
}

async function shimOf(run: RunFixture, task: string): Promise<number> {
  const claim: unknown = JSON.parse(await readFile(join(attemptDir(run, task, runIdOf(run)), 'claim.json'), 'utf8'));
  return z.object({ shim: z.object({ pid: z.number() }) }).parse(claim).shim.pid;
}
