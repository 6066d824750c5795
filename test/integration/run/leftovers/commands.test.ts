import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processTable } from '../../../../src/process/trees/process-table.js';
import { RunFixture } from '../../../support/runs/run-fixture.js';
import { waitFor } from '../../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];

/** A shell command that leaves a process of a session of its own running, whose pid is then in `$HOME/<name>`. */
const leave = (name: string, seconds: number): string =>
  `setsid sh -c 'echo $$ > "$HOME/${name}"; exec sleep ${seconds}' & until test -s "$HOME/${name}"; do sleep 0.05; done`;

async function pidOf(run: RunFixture, name: string): Promise<number> {
  await waitFor(() => existsSync(join(run.home, name)), { timeoutMs: 20_000, what: `${name} to run` });
  return Number(await readFile(join(run.home, name), 'utf8'));
}

async function isAlive(pid: number): Promise<boolean> {
  return (await processTable.read(pid)) !== null;
}

describe('processes that commands of the user leave running', () => {
  it('are ended and named: of setup when the task is over, of verify, validation and notify at once', async () => {
    const run = await RunFixture.open({
      tasks: ONE,
      manifest: {
        o8: { setup: leave('setup', 3001), verify: leave('verify', 3002) },
        waves: [{ number: 1, tasks: [{ id: 'task-001' }], validation: leave('validation', 3003) }],
      },
      settings: { notify: `test "$O8_EVENT" = task_complete || exit 0; ${leave('notify', 3004)}` },
    });
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    const setup = await pidOf(run, 'setup');
    expect(await isAlive(setup)).toBe(true);
    await agent.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    for (const name of ['setup', 'verify', 'validation', 'notify']) {
      const pid = await pidOf(run, name);
      await waitFor(async () => !(await isAlive(pid)), { timeoutMs: 20_000, what: `${name}'s process to end` });
    }
    const { runId = '', tasks } = await run.status();
    expect(tasks[0]?.notes).toEqual(
      expect.arrayContaining([
        'verify left processes running when it ended; o8 stopped them: sleep 3002',
        'setup left processes running until the task ended; o8 stopped them: sleep 3001',
      ]),
    );
    const log = join(run.root, '.git/o8/runs', runId, 'supervisor.log');
    for (const [name, seconds] of [
      ['validation', 3003],
      ['notify', 3004],
    ] as const) {
      const line = `${name} left processes running when it ended; o8 stopped them: sleep ${String(seconds)}`;
      await waitFor(async () => (await readFile(log, 'utf8')).includes(line), { timeoutMs: 20_000, what: line });
    }
  });

  it('of setup live through attempts and a killed supervisor, and are ended at an abort', async () => {
    const run = await RunFixture.open({
      tasks: ONE,
      manifest: {
        o8: { setup: `env -i HOME="$HOME" ${leave('setup', 3005).replace("setsid sh -c '", "sh -c 'sleep 0.3; ")}` },
      },
      settings: { retries: 1 },
    });
    await run.spawn();
    await (await run.agents.waitForAgent('task-001')).exit(3);
    await run.agents.waitForAgent('task-001');
    const setup = await pidOf(run, 'setup');
    expect(await isAlive(setup)).toBe(true);
    const { supervisor } = await run.status();
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    await waitFor(async () => (await run.status()).state === 'interrupted', { timeoutMs: 20_000, what: 'its end' });
    expect(await isAlive(setup)).toBe(true);
    await run.call('abort');
    expect(await isAlive(setup)).toBe(false);
    expect((await run.task('task-001')).notes).toContain(
      'setup left processes running until the task ended; o8 stopped them: sleep 3005',
    );
  });

  it('of a check whose owner was killed are ended by the next owner', async () => {
    const run = await RunFixture.open({
      tasks: ONE,
      manifest: { o8: { verify: `test -e "$HOME/again" || { ${leave('verify', 3006)}; sleep 3007; }` } },
    });
    await run.spawn();
    await run.succeed('task-001');
    const verify = await pidOf(run, 'verify');
    process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
    await waitFor(async () => (await run.status()).state === 'interrupted', { timeoutMs: 20_000, what: 'its end' });
    await run.call('abort');
    expect(await isAlive(verify)).toBe(false);
  });
});
