import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BeadsRun } from '../../support/beads/beads-run.js';
import { waitFor } from '../../support/waiting/wait-for.js';

/** A supervisor looks at the queue every five seconds, and a call takes up to two on a busy machine. */
const LOOKED_MS = 60_000;
const TIMEOUT_MS = 180_000;

/** Typed into a shell in the main checkout, as the guide has it. */
async function typed(test: BeadsRun, ...lines: readonly string[]): Promise<void> {
  const env = { ...test.run.environment, PATH: `${test.user.bin}:${test.run.environment['PATH'] ?? ''}` };
  await new Promise<void>((done, failed) => {
    execFile('bash', ['-euc', lines.join('\n')], { cwd: test.root, env }, (error, stdout, stderr) => {
      if (error === null) done();
      else failed(new Error(`${lines.join('; ')}: ${stdout}${stderr}`));
    });
  });
}

/** `kill <pid>`, the pid as the file for people has it. */
async function killAgent(test: BeadsRun, id: string): Promise<void> {
  const entry = await waitFor(async () => (await test.mirror())[id]?.['pid'] ?? null, {
    timeoutMs: LOOKED_MS,
    what: `the pid of ${id}`,
  });
  await typed(test, `kill ${entry}`);
}

const reset = (id: string): string[] => [
  `git worktree remove ../worktrees/${id} --force`,
  `git branch -D agent/${id}`,
  `bd update ${id} --status open --remove-label "phase:working"`,
];

/** The labels that an issue was given, in order. */
async function phases(test: BeadsRun, id: string): Promise<string[]> {
  return (await test.user.calls())
    .filter(({ argv }) => argv.includes(id))
    .flatMap(({ argv }) => argv.filter((word, at) => argv[at - 1] === '--add-label' && word.startsWith('phase:')));
}

describe('by hand, as the guide says', { timeout: TIMEOUT_MS }, () => {
  it('a stuck agent is killed and started again by worker, with its work, in the run or after its supervisor was killed', async () => {
    const test = await BeadsRun.open();
    const { run } = test;
    const [epic = '', one = '', two = ''] = await test.epic('Stuck', 'Busy');
    await test.spawn(epic);
    const stuck = await run.agents.waitForAgent(one);
    const other = await run.agents.waitForAgent(two);
    await stuck.writeFile('first.txt', 'first\n');
    await stuck.commit('First');
    await stuck.writeFile('half.txt', 'half\n');
    await test.waitForIssue(one, ({ labels }) => labels.includes('phase:working'));
    await killAgent(test, one);
    const worker = await run.o8('worker', one);
    expect([worker.code, worker.stderr]).toEqual([0, '']);
    const second = await run.agents.waitForAgent(one);
    const agents = () => run.agents.all.filter(({ task }) => task === one).length;
    expect(agents()).toBe(2);
    await test.waitForIssue(
      one,
      ({ status, labels }) => status === 'in_progress' && labels.join() === 'phase:working',
      LOOKED_MS,
    );
    expect(await phases(test, one)).toEqual(['phase:spawned', 'phase:working', 'phase:spawned', 'phase:working']);

    const { supervisor } = await run.status();
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    await killAgent(test, one);
    await second.gone;
    const again = await run.o8('worker', one);
    expect([again.code, again.stderr]).toEqual([0, '']);
    expect(again.stdout).toContain('it is resumed');
    const third = await run.agents.waitForAgent(one, LOOKED_MS);
    expect(agents()).toBe(3);
    await third.succeed('one.txt', 'one\n');
    await other.succeed('two.txt', 'two\n');
    await run.waitForRun('completed', LOOKED_MS);
    expect(run.agents.all).toHaveLength(4);
    expect((await test.user.issue(one)).status).toBe('closed');
    expect(await run.repository.git(['log', '--all', '--name-only', '--format='])).toMatch(/half\.txt[^]*first\.txt/); // kept
  });

  it('a worktree is removed, its branch deleted and its issue reset, in the run and after it, and it begins anew', async () => {
    const test = await BeadsRun.open();
    const { run } = test;
    const [epic = '', one = '', two = ''] = await test.epic('Reset', 'Busy');
    await test.spawn(epic);
    const first = await run.agents.waitForAgent(one);
    const other = await run.agents.waitForAgent(two);
    await first.writeFile('one.txt', 'half\n');
    await test.waitForIssue(one, ({ labels }) => labels.includes('phase:working'));
    await expect(typed(test, ...reset(one))).rejects.toThrow(/locked/); // its agent is at work in there
    await killAgent(test, one);
    await first.gone;
    await waitFor(async () => (await run.task(one)).state !== 'running', {
      timeoutMs: LOOKED_MS,
      what: 'the end of the agent',
    });
    await typed(test, ...reset(one));
    const second = await run.agents.waitForAgent(one, LOOKED_MS);
    await test.waitForIssue(
      one,
      ({ status, labels }) => status === 'in_progress' && labels.join() === 'phase:working',
      LOOKED_MS,
    );
    const { supervisor } = await run.status();
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    await killAgent(test, one);
    await second.gone;
    await typed(test, `git worktree unlock ../worktrees/${one}`, ...reset(one)); // git says so: nobody unlocked it
    await run.call('spawn', { epic });
    const third = await run.agents.waitForAgent(one, LOOKED_MS);
    await third.exit(1);
    await other.succeed('two.txt', 'two\n');
    await run.waitForRun('failed', LOOKED_MS);
    await test.waitForIssue(one, ({ status }) => status === 'blocked', LOOKED_MS);
    await typed(test, ...reset(one));
    const worker = run.start('worker', one);
    await (await run.agents.waitForAgent(one, LOOKED_MS)).succeed('one.txt', 'one\n');
    expect(await worker.ended).toMatchObject({ code: 0 });
    await test.waitForIssue(
      one,
      ({ status, labels }) => status === 'closed' && labels.join() === 'phase:merged',
      LOOKED_MS,
    );
  });

  it('the state file comes back after it was deleted, and cleanup removes worktrees that nobody works in', async () => {
    const test = await BeadsRun.open();
    const { run } = test;
    const [epic = '', one = '', two = ''] = await test.epic('Busy', 'Failed');
    await test.spawn(epic);
    const agent = await run.agents.waitForAgent(one);
    await (await run.agents.waitForAgent(two)).exit(1);
    await run.waitForTask(two, 'failed');
    const right = {
      [one]: { pid: String(agent.pid), worktree: `../worktrees/${one}` },
      [two]: { worktree: `../worktrees/${two}` },
    };
    await waitFor(async () => JSON.stringify(await test.mirror()) === JSON.stringify(right), {
      timeoutMs: LOOKED_MS,
      what: 'the state file',
    });
    await rm(join(test.root, '.beads/orchestrator/state.json'));
    await waitFor(() => existsSync(join(test.root, '.beads/orchestrator/state.json')), {
      timeoutMs: LOOKED_MS,
      what: 'the state file again',
    });
    expect(await test.mirror()).toEqual(right);
    await agent.succeed('one.txt', 'one\n');
    await run.waitForRun('failed', LOOKED_MS);
    expect(existsSync(test.worktree(two))).toBe(true);
    const cleaned = await run.o8('cleanup', '--all'); // the recipe worktree-clean
    expect([cleaned.code, cleaned.stderr]).toEqual([0, '']);
    expect(existsSync(test.worktree(two))).toBe(false);
    expect((await run.repository.git(['worktree', 'list', '--porcelain'])).match(/^worktree /gm)).toHaveLength(1);
    expect(await test.mirror()).toEqual({});
  });

  it('what a run began that is not known any more goes on, with its commits and what was uncommitted', async () => {
    const test = await BeadsRun.open();
    const { run, user } = test;
    const [epic = '', one = '', two = ''] = await test.epic('Begun', 'Named alike');
    const git = async (...args: string[]) => run.repository.git(args);
    await test.spawn(epic);
    const agent = await run.agents.waitForAgent(one);
    const other = await run.agents.waitForAgent(two);
    await agent.writeFile('first.txt', 'first\n');
    const first = await agent.commit('First');
    await agent.writeFile('half.txt', 'half\n');
    await test.waitForIssue(one, ({ labels }) => labels.includes('phase:working'));
    await killAgent(test, one);
    await waitFor(async () => (await run.task(one)).state !== 'running', { timeoutMs: LOOKED_MS, what: 'its end' });
    await other.exit(1);
    await run.waitForRun('failed', LOOKED_MS);
    await typed(test, 'rm -rf .git/o8', ...reset(two).slice(0, 1), `bd update ${two} --status open --assignee ""`);
    await user.bd(['update', one, '--status', 'in_progress']);
    expect(await run.refusal('spawn', { epic })).toMatchObject({ message: `Branch already exists: agent/${two}` });
    await git('branch', '-D', `agent/${two}`);
    await test.spawn(epic);
    const again = await run.agents.waitForAgent(one);
    expect(await again.readFile('half.txt')).toBe('half\n');
    expect(await again.git('rev-parse', 'HEAD')).toBe(first);
    await again.succeed('one.txt', 'one\n');
    await run.succeed(two);
    expect((await run.waitForRun('completed', LOOKED_MS)).counts).toEqual({ complete: 2 });
    expect(await git('ls-tree', '--name-only', 'main', 'first.txt', 'half.txt', 'one.txt')).toBe(
      'first.txt\nhalf.txt\none.txt',
    );
  });
});
