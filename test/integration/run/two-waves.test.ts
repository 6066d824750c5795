import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StubAgent } from '../../support/agents/stub-agent.js';
import { branchOf, FIVE_TASKS, PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

// The main use case, in the CLI and in MCP: five tasks in two waves, in a repository of several thousand files.

const FILES = 4000;
const IDS = FIVE_TASKS.map(({ id }) => id);

function manyFiles(): Record<string, string> {
  const paths = Array.from({ length: FILES }, (_, index) => `src/package-${index % 80}/module-${index}.ts`);
  return Object.fromEntries(paths.map((path) => [path, `export const name = '${path}';\n`]));
}

/** Before it is told anything: its worktree is a full checkout that contains all it depends on. */
async function expectToStartFrom(run: RunFixture, agent: StubAgent, deps: readonly string[]): Promise<void> {
  expect(agent.started.cwd).toBe(run.worktree(agent.task));
  expect(await agent.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe(branchOf(agent.task));
  expect(await agent.git('status', '--porcelain')).toBe('');
  expect((await agent.git('ls-files')).split('\n').length).toBeGreaterThan(FILES);
  const head = await agent.git('rev-parse', 'HEAD');
  for (const dep of deps) {
    expect(await run.isAncestor(branchOf(dep), head), `${agent.task} starts with ${dep}`).toBe(true);
    expect(await agent.readFile(`${dep}.txt`)).toBe(`${dep}\n`);
  }
}

describe('a run of five tasks in two waves', () => {
  it('through the MCP client ends with all five on the base after merge', { timeout: 120_000 }, async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS, files: manyFiles() });
    const before = await run.checkout();
    const runId = await run.spawn();

    const first = [];
    for (let index = 0; index < 3; index += 1) first.push(await run.agents.waitForAnyAgent());
    expect(first.map(({ task }) => task).sort()).toEqual(['task-001', 'task-002', 'task-003']);
    await waitFor(async () => (await run.execution()).waves[0]?.status === 'running', {
      timeoutMs: 20_000,
      what: 'the manifest to say that wave 1 runs',
    });
    expect(await run.execution()).toMatchObject({
      status: 'running',
      script_path: 'scripts/run-parallel.sh',
      workspace_root: '../workspaces',
      options: { max_concurrent: 3 },
      waves: [
        { wave: 1, status: 'running', tasks: ['task-001', 'task-002', 'task-003'] },
        { wave: 2, status: 'pending', tasks: ['task-004', 'task-005'] },
      ],
      failed_tasks: [],
      skipped_tasks: [],
    });
    for (const agent of first) {
      await expectToStartFrom(run, agent, []);
      await agent.succeed(`${agent.task}.txt`, `${agent.task}\n`);
    }
    for (const { id, deps } of FIVE_TASKS.filter(({ wave }) => wave === 2)) {
      const agent = await run.agents.waitForAgent(id);
      await expectToStartFrom(run, agent, deps ?? []);
      await agent.succeed(`${id}.txt`, `${id}\n`);
    }
    const end = await run.waitForRun('completed');
    expect(end).toMatchObject({ runId, base: 'main', target: `o8/${runId}`, counts: { complete: 5 } });
    expect(await run.workOn(`o8/${runId}`)).toEqual(IDS);
    expect(await run.checkout()).toEqual(before);
    expect(await run.execution()).toMatchObject({ status: 'completed', failed_tasks: [] });
    for (const id of IDS) expect(existsSync(run.worktree(id))).toBe(false);

    const merged = await run.call('merge', {});
    expect(merged).toMatchObject({ landing: { kind: 'landed', branch: 'main' } });
    expect(await run.workOn('main')).toEqual(IDS);
    expect(await run.repository.git(['symbolic-ref', 'HEAD'])).toBe('refs/heads/main');
    expect(await run.repository.git(['diff', '--stat', 'HEAD', '--', ':!parallel'])).toBe('');
    expect(run.agents.all).toHaveLength(5);
  });

  it('in the terminal prints [PROGRESS] lines, a summary, and lands with merge', { timeout: 120_000 }, async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS, files: manyFiles() });
    const o8 = run.start('run', PLAN_DIR, '--yes', '--progress');
    for (const id of IDS) await run.succeed(id);
    const { code, stdout, stderr } = await o8.ended;

    expect(code, stderr).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines.at(-1)).toBe('Summary: 5 completed');
    expect(lines.at(-2)).toBe('[PROGRESS] execution status=completed');
    const progress = lines.slice(0, -2);
    expect(progress.filter((line) => !line.startsWith('[PROGRESS] '))).toEqual([]);
    expect(progress[0]).toBe('[PROGRESS] wave=1 status=started');
    for (const { id, wave } of FIVE_TASKS) {
      const started = progress.indexOf(`[PROGRESS] wave=${wave} task=${id} status=started`);
      const completed = progress.indexOf(`[PROGRESS] wave=${wave} task=${id} status=completed commits=1`);
      expect(started, stdout).toBeGreaterThanOrEqual(0);
      expect(completed, stdout).toBeGreaterThan(started);
    }
    expect(progress).toContain('[PROGRESS] wave=1 status=completed tasks=3/3');
    expect(progress).toContain('[PROGRESS] wave=2 status=started');
    expect(progress.at(-1)).toBe('[PROGRESS] wave=2 status=completed tasks=2/2');

    const merge = await run.o8('merge');
    expect(merge.code, merge.stderr).toBe(0);
    expect(merge.stdout).toContain('Landed on main');
    expect(await run.workOn('main')).toEqual(IDS);
  });

  it('never has more agents than maxConcurrent, and starts a dependent while others still work', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    await run.spawn({ maxConcurrent: 2 });
    const one = await run.agents.waitForAnyAgent();
    const two = await run.agents.waitForAnyAgent();
    await waitFor(async () => (await run.status()).counts['running'] === 2, { timeoutMs: 20_000, what: 'two running' });
    expect(run.agents.all).toHaveLength(2);

    // The longest remaining paths come first: task-001 to 003 each have a dependent, so the order of the plan decides.
    expect([one.task, two.task].sort()).toEqual(['task-001', 'task-002']);
    await one.succeed(`${one.task}.txt`, `${one.task}\n`);
    const three = await run.agents.waitForAgent('task-003');
    expect(run.agents.all).toHaveLength(3);
    await three.succeed('task-003.txt', 'task-003\n');

    // task-005 needs only task-003 and does not wait for the rest of wave 1.
    await run.succeed('task-005');
    expect((await run.task(two.task)).state).toBe('running');
    await two.succeed(`${two.task}.txt`, `${two.task}\n`);
    await run.succeed('task-004');
    await run.waitForRun('completed');
  });
});
