import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFixture } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];
const NAME = process.platform === 'darwin' ? 'caffeinate' : 'systemd-inhibit';

/** Stands in for the system's program: says that it started, then does as that does. */
const FAITHFUL = `#!/bin/sh
echo "$$ $*" >> "$HOME/inhibitors"
case "$1" in
  -i) while kill -0 "$3" 2>/dev/null; do sleep 0.1; done ;;
  *) shift 4; "$@" ;;
esac
`;
const REFUSING = '#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n';

async function runWith(program: string): Promise<RunFixture> {
  const run = await RunFixture.open({
    tasks: ONE,
    // Without what the machine itself may have there.
    environment: (home) => ({ PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}` }),
  });
  const bin = join(run.home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, NAME), program);
  await chmod(join(bin, NAME), 0o755);
  return run;
}

async function inhibitors(run: RunFixture): Promise<{ pid: number; words: string }[]> {
  const text = await readFile(join(run.home, 'inhibitors'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ pid: Number.parseInt(line, 10), words: line.replace(/^\d+ /, '') }));
}

async function untilStarted(run: RunFixture, count: number): Promise<{ pid: number; words: string }> {
  await waitFor(async () => (await inhibitors(run)).length === count, { timeoutMs: 20_000, what: `${count} ${NAME}` });
  const last = (await inhibitors(run)).at(-1);
  if (last === undefined) throw new Error('no inhibitor');
  return last;
}

async function untilGone(run: RunFixture, pid: number): Promise<void> {
  await waitFor(async () => !(await run.processes.pids()).includes(pid), {
    timeoutMs: 20_000,
    what: `${NAME} ${pid} to be gone`,
  });
}

describe('while a run is active the machine is kept awake', () => {
  it('by one process that ends with the run', async () => {
    const run = await runWith(FAITHFUL);
    await run.spawn();
    const agent = await run.agents.waitForAgent('task-001');
    const { pid, words } = await untilStarted(run, 1);
    expect(words).toMatch(/^(--what=idle:sleep --who=o8 --why=agents are running --mode=block cat|-i -w \d+)$/);
    expect(await run.processes.pids()).toContain(pid);
    await agent.succeed('task-001.txt', 'task-001\n');
    await run.waitForRun('completed');
    await untilGone(run, pid);
    expect(await inhibitors(run)).toHaveLength(1);
  });

  it('and not longer when the supervisor is killed', async () => {
    const run = await runWith(FAITHFUL);
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    const { pid } = await untilStarted(run, 1);
    expect(await run.processes.pids()).toContain(pid);
    process.kill((await run.status()).supervisor?.pid ?? 0, 'SIGKILL');
    await untilGone(run, pid);
  });

  it('but may sleep while the user has paused it and nothing runs', async () => {
    const run = await runWith(FAITHFUL);
    await run.spawn();
    await run.agents.waitForAgent('task-001');
    const { pid } = await untilStarted(run, 1);
    expect(await run.processes.pids()).toContain(pid);
    await run.call('spawn', { pause: 'now' });
    await untilGone(run, pid);
    await run.call('spawn', { pause: 'off' });
    await untilStarted(run, 2);
    await run.succeed('task-001');
    await run.waitForRun('completed');
  });

  it('where the system refuses, the run continues and its log says once why', async () => {
    const run = await runWith(REFUSING);
    const runId = await run.spawn();
    await run.succeed('task-001');
    await run.waitForRun('completed');
    const log = await readFile(join(run.root, '.git/o8/runs', runId, 'supervisor.log'), 'utf8');
    expect(log.match(/the machine may go to sleep: .*Failed to connect to bus/g)).toHaveLength(1);
  });
});
