import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { CliProcess } from '../../support/programs/cli.js';
import { conflictingRun } from '../../support/runs/conflicting-run.js';
import { killSupervisor } from '../../support/faults/crash.js';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { endBadly, openClaudeRun, openSession, say } from '../../support/agents/stub-claude.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];

const findingsSchema = z.object({
  findings: z.array(z.object({ level: z.string(), message: z.string(), hint: z.string() })),
});

/** What needs somebody, as `message: hint`. */
async function findings(run: RunFixture): Promise<string[]> {
  return findingsSchema
    .parse(await run.o8Json('doctor'))
    .findings.filter(({ level }) => level !== 'ok')
    .map(({ message, hint }) => `${message}: ${hint}`);
}

it('doctor names what a run left over, with the command that removes it, and nothing after that', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  expect(await findings(run)).toEqual([]);
  const runId = await run.spawn();
  await run.agents.waitForAgent('task-001').then((agent) => agent.exit(1));
  await run.waitForRun('failed');
  const left = await findings(run);
  expect(left).toEqual([
    `worktree ${run.worktree('task-001')} of run ${runId} (failed): o8 cleanup --run ${runId}`,
    `branch o8/${runId} is merged: o8 cleanup --run ${runId}`,
  ]);
  expect((await run.o8('cleanup', '--run', runId)).code).toBe(0);
  expect(await findings(run)).toEqual([]);
});

it('doctor suggests merge, not cleanup, for an unresolved conflict', async () => {
  const run = await conflictingRun();
  const { runId = '' } = await run.status();
  expect(await findings(run)).toContain(
    `worktree ${run.worktree('task-002')} of run ${runId} (failed): its conflict is not resolved: o8 merge --run ${runId} --task task-002 --resolve`,
  );
});

it('every checkout sees the run, and doctor calls nothing of it left over', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  const linked = join(run.root, '..', 'linked');
  await run.repository.git(['worktree', 'add', '--quiet', linked]);
  const runId = await run.spawn();
  await run.agents.waitForAgent('task-001');
  const seen = await new CliProcess(['status'], { cwd: linked, env: run.environment }).ended;
  expect(seen.stdout).toContain(`Run ${runId}: running`);
  const { stdout } = await new CliProcess(['doctor'], { cwd: linked, env: run.environment }).ended;
  expect(stdout).toContain('✓ a run is active');
  expect(stdout).not.toContain('--force');
  expect(stdout).not.toContain('git branch -D');
});

it('doctor says that a repository without a commit has nothing to start from', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  await run.repository.git(['switch', '--quiet', '--orphan', 'empty']);
  expect(await findings(run)).toContain(
    'the repository has no commits yet; a run starts from a commit: git add -A && git commit -m "Initial commit"',
  );
});

it('doctor names an interrupted run, and reports a missing program with exit code 1', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  await run.spawn();
  await run.agents.waitForAgent('task-001');
  await killSupervisor(run);
  expect((await findings(run)).join('\n')).toMatch(
    /stale lock \(PID \d+ not running\): o8 run --resume\nrun .* is interrupted/,
  );
  writeFileSync(join(run.root, '.claude/parallel-config.json'), '{}'); // Claude, then
  const result = await run.o8With({ ...run.environment, PATH: '/usr/bin:/bin' }, 'doctor');
  expect(result.stdout).toContain('✗ claude is not installed or does not start');
  expect(result.code).toBe(1);
});

it('attach opens a task’s session in its worktree, and refuses a running one and one of a program without sessions', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  const running = await run.o8('attach', 'task-001');
  expect(running.stderr).toContain('The session of task-001 is still running');
  expect(running.code).toBe(4);
  await agent.exit(1);
  await run.waitForRun('failed');
  const other = await run.o8('attach', 'task-001');
  expect(other.stderr).toContain('task-001 has no session to open: sessions of its agent program cannot be opened.');
});

it('attach gives the terminal to claude --resume with the task’s session', async () => {
  const run = await openClaudeRun({ tasks: ONE });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  const session = await openSession(agent);
  await endBadly(agent, { result: 'no' });
  await run.waitForRun('failed');
  const attached = run.start('attach', 'task-001');
  const person = await run.agents.waitForAnyAgent(); // the stand-in has no task of its own now
  expect(person.started.argv).toEqual(['--resume', session]);
  expect(person.started.cwd).toBe(run.worktree('task-001'));
  expect(person.started.environment).not.toHaveProperty('O8_TASK_ID');
  await person.exit(0);
  expect((await attached.ended).code).toBe(0);
});

it('attach refuses a session that o8 will continue itself, until the run is paused', async () => {
  const run = await openClaudeRun({ tasks: ONE });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  await openSession(agent);
  const resetsAt = Math.ceil(Date.now() / 1000) + 3600;
  await say(agent, { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt } });
  await endBadly(agent, { result: 'limit' });
  await waitFor(async () => (await run.status()).state === 'paused', { timeoutMs: 20_000, what: 'the pause' });
  const refused = await run.o8('attach', 'task-001');
  expect(refused.stderr).toContain('o8 is about to continue the session of task-001');
  expect(refused.code).toBe(4);

  expect((await run.o8('pause')).code).toBe(0);
  const attached = run.start('attach', 'task-001');
  await (await run.agents.waitForAnyAgent()).exit(0);
  expect((await attached.ended).code).toBe(0);
});
