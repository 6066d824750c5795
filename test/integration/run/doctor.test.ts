import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { RunFixture } from '../../support/run-fixture.js';
import { endBadly, openClaudeRun, openSession } from '../../support/stub-claude.js';

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

it('doctor names a run that nobody is running, and a missing program is a problem with exit code 1', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  await run.spawn();
  await run.agents.waitForAgent('task-001');
  process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
  expect((await findings(run)).join('\n')).toMatch(
    /stale lock \(PID \d+ not running\): o8 run --resume\nrun .* is interrupted/,
  );
  writeFileSync(join(run.root, '.claude/parallel-config.json'), '{}'); // Claude, then
  const result = await run.o8With({ ...run.environment, PATH: '/usr/bin:/bin' }, 'doctor');
  expect(result.stdout).toContain('✗ claude is not installed or does not start');
  expect(result.code).toBe(1);
});

it('attach opens a task’s session in its worktree, and refuses a running one and one that is not Claude’s', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  const running = await run.o8('attach', 'task-001');
  expect(running.stderr).toContain('task-001 is running');
  expect(running.code).toBe(4);
  await agent.exit(1);
  await run.waitForRun('failed');
  const other = await run.o8('attach', 'task-001');
  expect(other.stderr).toContain('task-001 has no Claude session: its agent is not Claude');
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
