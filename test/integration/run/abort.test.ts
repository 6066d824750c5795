import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killSupervisor } from '../../support/faults/crash.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import type { StubAgent } from '../../support/agents/stub-agent.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const THREE = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 2, deps: ['task-001'] },
];

/** Makes an agent hard to stop: it ignores SIGTERM, and has one child in its group and one in its own session. */
async function makeStubborn(agent: StubAgent): Promise<number[]> {
  await agent.ignoreSignal('SIGTERM');
  await agent.ignoreSignal('SIGINT');
  return [agent.pid, await agent.startChild('same'), await agent.startChild('own')];
}

async function living(run: RunFixture, pids: readonly number[]): Promise<number[]> {
  const marked = await run.processes.pids();
  return pids.filter((pid) => marked.includes(pid));
}

describe('abort', () => {
  it('of one task stops its whole tree, keeps its worktree and work, and lets the others continue', async () => {
    const run = await RunFixture.open({ tasks: THREE });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    const tree = await makeStubborn(one);
    await one.writeFile('unfinished.txt', 'unfinished\n');
    await waitFor(async () => (await run.task('task-001')).pid, { timeoutMs: 20_000, what: 'a pid' });
    const aborted = await run.call('abort', { task: 'task-001-work' });
    expect(await living(run, tree)).toEqual([]);
    expect(aborted['stopped']).toEqual([
      expect.objectContaining({ task: 'task-001', pid: one.pid, worktree: run.worktree('task-001') }),
    ]);
    expect(await readFile(join(run.worktree('task-001'), 'unfinished.txt'), 'utf8')).toBe('unfinished\n');
    const rescue = await run.repository.git(['for-each-ref', '--format=%(refname)', 'refs/o8/rescue']);
    expect(await run.repository.git(['show', `${rescue}:unfinished.txt`])).toBe('unfinished');
    expect((await run.task('task-001')).state).toBe('aborted');
    expect(await living(run, [two.pid])).toEqual([two.pid]);
    await run.waitForTask('task-003', 'blocked');
    await two.succeed('task-002.txt', 'task-002\n');
    expect((await run.waitForRun('failed')).counts).toEqual({ aborted: 1, complete: 1, blocked: 1 });
  });

  it('of the run returns when all its processes have ended, the state is recorded and the lock is released', async () => {
    const run = await RunFixture.open({ tasks: THREE });
    const runId = await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    const two = await run.agents.waitForAgent('task-002');
    const trees = [...(await makeStubborn(one)), ...(await makeStubborn(two))];
    const before = await run.checkout();
    const aborted = await run.call('abort', {});
    expect(await living(run, trees)).toEqual([]);
    expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(false);
    expect(aborted).toMatchObject({ runId, message: 'Aborted 2 pipelines. Worktrees preserved for debugging.' });
    const status = await run.status();
    expect(status).toMatchObject({ state: 'aborted', counts: { aborted: 3 } });
    expect(existsSync(run.worktree('task-001'))).toBe(true);
    expect(await run.checkout()).toEqual(before);
    const own = await run.serverPid();
    await waitFor(async () => (await run.processes.pids()).every((pid) => pid === own), {
      timeoutMs: 20_000,
      what: 'the supervisor to end',
    });

    // Again: nothing to stop, and that is no error.
    const again = await run.o8('abort');
    expect(again).toMatchObject({ code: 0, stdout: 'No parallel pipelines are currently running.\n' });
  });

  it('with cleanup removes the worktrees; uncommitted work is in a rescue ref, commits stay on their branch', async () => {
    const run = await RunFixture.open({ tasks: THREE.slice(0, 1) });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await one.writeFile('kept.txt', 'kept\n');
    const commit = await one.commit('Kept');
    await one.writeFile('unfinished.txt', 'unfinished\n');
    await run.call('abort', { cleanup: true });
    expect(existsSync(run.worktree('task-001'))).toBe(false);
    expect(await run.commitOf('feature/task-001-work')).toBe(commit);
    expect(await run.task('task-001')).toMatchObject({ state: 'aborted', commits: 1 });
    const rescue = await run.repository.git(['for-each-ref', '--format=%(refname)', 'refs/o8/rescue']);
    expect(await run.repository.git(['show', `${rescue}:unfinished.txt`])).toBe('unfinished');
    const cleaned = await run.call('cleanup', {});
    expect(cleaned['branches']).not.toContainEqual(expect.objectContaining({ branch: 'feature/task-001-work' }));
    expect(await run.commitOf('feature/task-001-work')).toBe(commit);
    expect(await run.call('cleanup', { force: true })).toMatchObject({
      branches: expect.arrayContaining([{ branch: 'feature/task-001-work', commit }]) as unknown,
    });
  });

  it('leaves a worktree for cleanup, which says beforehand where the uncommitted work in it goes', async () => {
    const run = await RunFixture.open({ tasks: THREE.slice(0, 1) });
    await run.spawn();
    await (await run.agents.waitForAgent('task-001')).writeFile('unfinished.txt', 'unfinished\n');
    await run.call('abort');
    const preview = await run.call('cleanup', { dryRun: true });
    expect(existsSync(run.worktree('task-001'))).toBe(true);
    const { worktrees } = await run.call('cleanup');
    expect(worktrees).toMatchObject([{ rescued: expect.stringMatching(/^refs\/o8\/rescue\//) as string }]);
    expect(preview['worktrees']).toEqual(worktrees);
    expect(existsSync(run.worktree('task-001'))).toBe(false);
  });

  it('keeps work that was already finished: it waits to be merged, and its worktree stays', async () => {
    const work = 'echo one > task-001.txt; git add -A; git commit -qm Work; touch .claude-task-complete';
    const script = `trap '${work}; exit 0' TERM; touch "$HOME/ready"; while :; do sleep 0.1; done`;
    const run = await RunFixture.open({
      tasks: THREE.slice(0, 1),
      settings: { agent: { command: ['sh', '-c', script] }, killAfter: 30 },
    });
    const runId = await run.spawn();
    await waitFor(() => existsSync(join(run.home, 'ready')), { timeoutMs: 20_000, what: 'the agent' });
    const { message, notes, cleanup } = await run.call('abort', { cleanup: true });
    expect(message).toBe('Aborted 1 pipeline. Worktrees removed, except 1 that still hold work.');
    expect(notes).toEqual([`1 finished task waits to be merged: /parallel-merge ${runId}`]);
    expect(cleanup).toMatchObject({
      worktrees: [],
      kept: [{ why: 'task-001 is done, it is waiting to be merged' }, {}],
    });
    expect(await run.task('task-001')).toMatchObject({
      state: 'merge_pending',
      message: 'the task was aborted after its agent had finished',
      hint: `/parallel-merge ${runId} --task task-001`,
    });
    await run.call('merge');
    expect(await run.workOn('main')).toEqual(['task-001']);
  });

  it('of an interrupted run stops agents that are still running', async () => {
    const run = await RunFixture.open({ tasks: THREE.slice(0, 1) });
    await run.spawn();
    const one = await run.agents.waitForAgent('task-001');
    await run.waitForTask('task-001', 'running');
    const tree = await makeStubborn(one);
    await killSupervisor(run);
    await run.call('abort', {});
    expect(await living(run, tree)).toEqual([]);
    expect((await run.status()).state).toBe('aborted');
    expect(run.agents.all).toHaveLength(1);
  });
});

describe('Ctrl+C while o8 run follows', () => {
  it('stops the run with the fixed text, exit code 130', async () => {
    const run = await RunFixture.open({ tasks: THREE });
    const o8 = run.start('run', PLAN_DIR, '--yes');
    const one = await run.agents.waitForAgent('task-001');
    const tree = await makeStubborn(one);
    await o8.waitForOutput('task-001: Started');
    o8.signal('SIGINT');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(130);
    expect(await living(run, tree)).toEqual([]);
    expect(stdout).toContain('Received interrupt signal. Stopping pipelines...');
    expect(stdout).toMatch(/^\[\d\d:\d\d:\d\d\] task-001: Stopped$/m);
    expect(stdout.trimEnd()).toMatch(
      /Aborted\. Worktrees preserved\. Run 'o8 cleanup' to remove\.\nTo continue: o8 run \S+ --resume\n\nSummary: 0 completed$/,
    );
    expect((await run.status()).state).toBe('aborted');
    expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(false);
  });

  it('while the run is being started stops it as soon as it has started, exit code 130', async () => {
    const run = await RunFixture.open({
      tasks: THREE,
      settings: { agent: {} },
      environment: (home) => ({ PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}` }),
    });
    // Preflight of the start asks the agent's program for its version, and waits for it.
    const claude = 'touch "$HOME/asked"; while ! test -e "$HOME/go"; do sleep 0.05; done; echo 2.1.0';
    await mkdir(join(run.home, 'bin'));
    await writeFile(join(run.home, 'bin/claude'), `#!/bin/sh\n${claude}\n`, { mode: 0o755 });
    const o8 = run.start('run', PLAN_DIR, '--yes');
    await waitFor(() => existsSync(join(run.home, 'asked')), { timeoutMs: 20_000, what: 'the preflight' });
    o8.signal('SIGINT');
    await writeFile(join(run.home, 'go'), '');
    const { code, stdout } = await o8.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('Received interrupt signal. Stopping pipelines...');
    expect(stdout.trimEnd()).toMatch(/To continue: o8 run \S+ --resume\n\nSummary: 0 completed/);
    expect((await run.status()).state).toBe('aborted');
    expect(existsSync(join(run.root, '.claude/parallel.lock'))).toBe(false);
  });

  it('a second one only stops the waiting', async () => {
    const run = await RunFixture.open({ tasks: THREE.slice(0, 1), settings: { killAfter: 600 } });
    const o8 = run.start('run', PLAN_DIR, '--yes');
    const one = await run.agents.waitForAgent('task-001');
    await one.ignoreSignal('SIGTERM');
    await o8.waitForOutput('task-001: Started');
    o8.signal('SIGINT');
    await o8.waitForOutput('Stopping pipelines...');
    o8.signal('SIGINT');
    await o8.waitForOutput('The run is still being stopped: o8 status');
    await waitFor(() => !o8.isRunning, { timeoutMs: 10_000, what: 'o8 run to end' });
    expect((await o8.ended).code).toBe(130);
    expect(await living(run, [one.pid])).toEqual([one.pid]);
  });
});
