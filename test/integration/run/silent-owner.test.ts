import { describe, expect, it } from 'vitest';
import { taskFile } from '../../support/runs/plan-folder.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

const ONE = [{ id: 'task-001', wave: 1 }];
const OTHER = 'parallel/other';
const OTHER_PLAN = {
  [`${OTHER}/manifest.json`]: JSON.stringify({ tasks: { total: 1, waves: 1, files: ['tasks/other-001.md'] } }),
  [`${OTHER}/tasks/other-001.md`]: taskFile({ id: 'other-001', wave: 1, deps: '[]' }),
};

/** A run whose supervisor is stopped (SIGSTOP) and answers nobody, with what its agent has running. */
async function silentRun(files: Readonly<Record<string, string>> = {}) {
  const run = await RunFixture.open({ tasks: ONE, files });
  const runId = await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  await run.waitForTask('task-001', 'running');
  const child = await agent.startChild('own');
  await agent.writeFile('half.txt', 'half\n');
  const owner = (await run.status()).supervisor?.pid ?? 0;
  process.kill(owner, 'SIGSTOP');
  return { run, runId, owner, tree: [agent.pid, child] };
}

/** Waiting for an answer takes `killAfter` and ten seconds. */
describe('an owner that does not answer', { timeout: 120_000 }, () => {
  it('is killed with its agents by the supervisor of a forced run, even if that one is killed in between', async () => {
    const { run, runId, owner, tree } = await silentRun(OTHER_PLAN);
    const force = ['spawn', OTHER, '--force', '--skip-preflight'];
    const fallen = await run.o8With({ ...run.environment, O8_FAILPOINT: 'attempt.stop.before' }, ...force);
    expect(fallen.code, fallen.stderr).toBe(1);
    const forced = await run.o8(...force);
    expect(forced.code, forced.stderr).toBe(0);
    const alive = await run.processes.pids();
    expect([owner, ...tree].filter((pid) => alive.includes(pid))).toEqual([]);
    await run.succeed('other-001');
    const end = await run.waitForRun('completed');
    expect(end.runId).not.toBe(runId);
    expect((await run.records()).map(({ type }) => type)).toContain('run_stopped');
  });

  it('is reported, and its own run continues if that is the one to be resumed', async () => {
    const { run, runId, owner, tree } = await silentRun();
    const { code, stderr } = await run.o8('spawn', PLAN_DIR, '--resume', '--force');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`Warning: Overriding existing lock (PID: ${owner})`);
    expect(stderr).toMatch(
      new RegExp(`The supervisor of run ${runId} did not answer, so it and its agents were stopped: `),
    );
    const alive = await run.processes.pids();
    expect([owner, ...tree].filter((pid) => alive.includes(pid))).toEqual([]);
    const again = await run.agents.waitForAgent('task-001');
    expect(await again.readFile('half.txt')).toBe('half\n');
    await again.succeed('task-001.txt', 'task-001\n');
    expect((await run.waitForRun('completed')).runId).toBe(runId);
  });
});
