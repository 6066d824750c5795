import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readAttempt, startAttempt, voidAttempt, type AttemptSpec } from '../../../src/process/attempts/attempt.js';
import { bundledProgram } from '../../../src/process/base/bundle.js';
import { processProbe } from '../../../src/process/trees/identify-process.js';
import { AttemptFixture } from '../../support/runs/attempt-fixture.js';
import { startStandIn } from '../../support/faults/supervisor-stand-in.js';
import { waitFor } from '../../support/waiting/wait-for.js';

let fixture: AttemptFixture;

beforeEach(async () => {
  fixture = await AttemptFixture.make();
});
afterEach(async () => fixture.dispose());

/** A shim as our own child, so that its end can be seen. */
function startShim(spec: AttemptSpec): ChildProcess {
  const env = { ...spec.env, O8_ATTEMPT: spec.attemptId };
  return spawn(process.execPath, [bundledProgram('shim.js'), spec.dir], { env, stdio: 'inherit', detached: true });
}

async function writeSpec(spec: AttemptSpec): Promise<void> {
  const { dir, attemptId, argv, cwd, stdin, timeoutMs, killAfterMs } = spec;
  await mkdir(dir, { recursive: true });
  const content = { version: 1, attemptId, argv, cwd, stdin, timeoutMs, killAfterMs };
  await writeFile(join(dir, 'spec.json'), JSON.stringify(content));
}

describe('an attempt', () => {
  test('is unclaimed, then running with its agent and shim, then ended with the exit code', async () => {
    const spec = fixture.spec();
    expect(await readAttempt(spec.dir)).toEqual({ kind: 'unclaimed' });

    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    const running = await fixture.reaches(spec.dir, 'running');
    expect(running.agent.pid).toBe(agent.pid);
    expect(running.shimAlive).toBe(true);
    expect(await processProbe.check(running.shim)).toBe('alive');

    await agent.exit(7);
    const ended = await fixture.reaches(spec.dir, 'ended');
    expect(ended.exit).toEqual({ kind: 'exited', code: 7 });
    expect(ended.agentPid).toBe(agent.pid);
    expect(new Date(ended.endedAt).toISOString()).toBe(ended.endedAt);
  });

  test.each([
    { end: 'exit 143', act: { do: 'exit', code: 143 }, exit: { kind: 'exited', code: 143 } },
    { end: 'SIGTERM', act: { do: 'signal', signal: 'SIGTERM' }, exit: { kind: 'signalled', signal: 'SIGTERM' } },
    { end: 'SIGKILL', act: { do: 'signal', signal: 'SIGKILL' }, exit: { kind: 'signalled', signal: 'SIGKILL' } },
  ] as const)('records $end as that and nothing like it', async ({ act, exit }) => {
    const spec = fixture.spec();
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    await agent.tell(act);
    expect((await fixture.reaches(spec.dir, 'ended')).exit).toEqual(exit);
  });

  test('gives its agent the environment, the working directory, the prompt on stdin and files for its output', async () => {
    const stdin = join(fixture.folder, 'prompt.md');
    await writeFile(stdin, 'Build it.\n');
    const spec = fixture.spec({ stdin, env: { COLOUR: 'blue', NODE_OPTIONS: '--no-deprecation' } });
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    expect(agent.started).toMatchObject({ cwd: fixture.folder, stdin: 'Build it.\n' });
    expect(agent.started.environment).toEqual({ ...spec.env, O8_ATTEMPT: spec.attemptId });

    await agent.print('{"type":"system"}\n');
    await agent.print('careful\n', 'stderr');
    await agent.exit(0);
    await fixture.reaches(spec.dir, 'ended');
    expect(await readFile(join(spec.dir, 'agent.jsonl'), 'utf8')).toBe('{"type":"system"}\n');
    expect(await readFile(join(spec.dir, 'agent.stderr'), 'utf8')).toBe('careful\n');
  });

  test('keeps the environment out of its files, which only their owner can read', async () => {
    const spec = fixture.spec({ env: { SECRET: 'hunter2' } });
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    await agent.exit(0);
    await fixture.reaches(spec.dir, 'ended');
    expect((await stat(spec.dir)).mode & 0o777).toBe(0o700);
    const names = await readdir(spec.dir);
    expect(names.sort()).toEqual([
      'agent.json',
      'agent.jsonl',
      'agent.stderr',
      'claim.json',
      'exit.json',
      'shim.log',
      'spec.json',
    ]);
    for (const name of names) {
      expect((await stat(join(spec.dir, name))).mode & 0o777, name).toBe(0o600);
      expect(await readFile(join(spec.dir, name), 'utf8')).not.toContain('hunter2');
    }
  });

  test('without the agent program is not started, and says which program is missing', async () => {
    const spec = fixture.spec({ argv: ['no-such-agent', '-p'] });
    await startAttempt(spec);
    const ended = await fixture.reaches(spec.dir, 'ended');
    expect(ended.exit).toEqual({ kind: 'not_started', message: 'Program "no-such-agent" was not found on PATH.' });
    expect(ended.agentPid).toBeNull();
  });

  test('without its worktree is not started, and says which folder is missing', async () => {
    const cwd = join(fixture.folder, 'gone');
    const spec = fixture.spec({ cwd });
    await startAttempt(spec);
    const { exit } = await fixture.reaches(spec.dir, 'ended');
    const message = `Folder ${cwd} does not exist, so "${process.execPath}" could not be started in it.`;
    expect(exit).toEqual({ kind: 'not_started', message });
  });

  test('is stopped at its time limit, and recorded as timed out', async () => {
    const spec = fixture.spec({ timeoutMs: 1, argv: ['sleep', '600'] });
    await startAttempt(spec);
    const ended = await fixture.reaches(spec.dir, 'ended');
    expect(ended.exit).toEqual({ kind: 'timed_out' });
    await nothingLeft();
  });

  test('is killed if it ignores SIGTERM at its time limit', async () => {
    const forever = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)';
    const spec = fixture.spec({ timeoutMs: 1_500, killAfterMs: 100, argv: [process.execPath, '-e', forever] });
    await startAttempt(spec);
    expect((await fixture.reaches(spec.dir, 'ended')).exit).toEqual({ kind: 'timed_out' });
    await nothingLeft();
  });

  test('is refused by name when one of its files is damaged', async () => {
    const spec = fixture.spec();
    await mkdir(spec.dir);
    await writeFile(join(spec.dir, 'exit.json'), '{"version":1,"exit":{"kind":"exited"}}');
    const reading = readAttempt(spec.dir);
    const path = join(spec.dir, 'exit.json');
    await expect(reading).rejects.toMatchObject({
      code: 'journal_damaged',
      message: `${path} is damaged: exit.code is missing: it must be a whole number.`,
      hint: expect.stringMatching(/^mv '?\/\S+exit\.json'? '?\/\S+exit\.json\.damaged'? {3}\(/) as string,
    });
    await writeFile(path, '{"version":1,');
    await expect(readAttempt(spec.dir)).rejects.toThrow(`${path} is damaged: not JSON.`);
  });
});

describe('of two shims for one attempt', () => {
  test('exactly one starts the agent and the other ends quietly', { timeout: 120_000 }, async () => {
    for (let round = 0; round < 8; round += 1) {
      const spec = fixture.spec();
      await writeSpec(spec);
      const shims = [startShim(spec), startShim(spec), startShim(spec)];
      const ends = shims.map(async (shim) => once(shim, 'exit'));
      const agent = await fixture.agents.waitForAgent(spec.attemptId);
      const { shim: winner } = await fixture.reaches(spec.dir, 'running');
      const losers = ends.filter((_, index) => shims[index]?.pid !== winner.pid);
      expect(losers).toHaveLength(2);
      expect(await Promise.all(losers)).toEqual([
        [0, null],
        [0, null],
      ]);

      await agent.exit(0);
      expect(await Promise.all(ends)).toHaveLength(3);
      expect((await fixture.reaches(spec.dir, 'ended')).agentPid).toBe(agent.pid);
    }
    expect(fixture.agents.all).toHaveLength(8);
  });

  test('a late one finds a voided attempt and starts nothing', async () => {
    const spec = fixture.spec();
    await writeSpec(spec);
    expect(await voidAttempt(spec.dir)).toBe('voided');
    expect(await once(startShim(spec), 'exit')).toEqual([0, null]);
    expect(fixture.agents.all).toEqual([]);
    expect(await readAttempt(spec.dir)).toEqual({ kind: 'void' });
    expect(await voidAttempt(spec.dir)).toBe('voided');
  });

  test('a claimed attempt can no longer be voided', async () => {
    const spec = fixture.spec();
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    expect(await voidAttempt(spec.dir)).toBe('claimed');
    await agent.exit(0);
    await fixture.reaches(spec.dir, 'ended');
    expect(await voidAttempt(spec.dir)).toBe('claimed');
  });

  test('an attempt whose folder was never made can be voided', async () => {
    const { dir } = fixture.spec();
    expect(await voidAttempt(dir)).toBe('voided');
  });
});

describe('an agent', () => {
  test('continues after its supervisor was killed; its output and its exit are kept', async () => {
    const spec = fixture.spec();
    const supervisor = await startStandIn(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    await agent.print('before\n');
    await supervisor.kill();

    await agent.print('after\n');
    await agent.print('x'.repeat(200_000)); // more than any pipe would hold
    await agent.exit(3);
    expect((await fixture.reaches(spec.dir, 'ended')).exit).toEqual({ kind: 'exited', code: 3 });
    expect(await readFile(join(spec.dir, 'agent.jsonl'), 'utf8')).toBe(`before\nafter\n${'x'.repeat(200_000)}`);
  });

  test('continues when the terminal hangs up or interrupts its shim', async () => {
    const spec = fixture.spec();
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    const { shim } = await fixture.reaches(spec.dir, 'running');
    process.kill(shim.pid, 'SIGHUP');
    process.kill(shim.pid, 'SIGINT');
    await agent.exit(5);
    expect((await fixture.reaches(spec.dir, 'ended')).exit).toEqual({ kind: 'exited', code: 5 });
  });

  test('runs in a session of its own, apart from its shim', async () => {
    const spec = fixture.spec();
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    const { shim } = await fixture.reaches(spec.dir, 'running');
    expect(await sessionOf(agent.pid)).toBe(String(agent.pid));
    expect(await sessionOf(shim.pid)).toBe(String(shim.pid));
  });

  test('whose shim was killed is seen running, and its attempt is lost when it ends', async () => {
    const spec = fixture.spec();
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    const { shim } = await fixture.reaches(spec.dir, 'running');
    process.kill(shim.pid, 'SIGKILL');
    await dead(shim.pid);
    expect(await readAttempt(spec.dir)).toMatchObject({ kind: 'running', shimAlive: false, agent: { pid: agent.pid } });

    await agent.exit(0);
    await fixture.reaches(spec.dir, 'lost');
  });

  test('whose shim was killed before recording the agent is found anyway', async () => {
    const spec = fixture.spec();
    await startAttempt(spec);
    const agent = await fixture.agents.waitForAgent(spec.attemptId);
    const { shim } = await fixture.reaches(spec.dir, 'running');
    process.kill(shim.pid, 'SIGKILL');
    await dead(shim.pid);
    await rm(join(spec.dir, 'agent.json'));
    expect(await readAttempt(spec.dir)).toMatchObject({ kind: 'running', shimAlive: false, agent: { pid: agent.pid } });

    await agent.exit(0);
    await fixture.reaches(spec.dir, 'lost');
  });

  test('is not mistaken for another process that got its pid', async () => {
    const spec = fixture.spec();
    const other = await processProbe.self(); // alive, but started at another time
    const reused = { ...other, start: '1' };
    await mkdir(spec.dir);
    await writeFile(join(spec.dir, 'claim.json'), JSON.stringify({ version: 1, kind: 'shim', shim: reused }));
    await writeFile(join(spec.dir, 'agent.json'), JSON.stringify({ version: 1, agent: reused }));
    expect(await readAttempt(spec.dir)).toEqual({ kind: 'lost' });

    const elsewhere = { ...other, pidNs: 'pid:[1]' };
    await writeFile(join(spec.dir, 'agent.json'), JSON.stringify({ version: 1, agent: elsewhere }));
    expect(await readAttempt(spec.dir)).toMatchObject({ kind: 'running', shimAlive: false });
  });
});

/** The shim itself goes right after it has written exit.json. */
async function nothingLeft(): Promise<void> {
  await waitFor(async () => (await fixture.pids()).length === 0, { timeoutMs: 10_000, what: 'nothing to be left' });
}

async function dead(pid: number): Promise<void> {
  await waitFor(async () => !(await fixture.pids()).includes(pid), { timeoutMs: 10_000, what: `${pid} to be dead` });
}

async function sessionOf(pid: number): Promise<string> {
  const ps = spawn('ps', ['-o', 'sess=', '-p', String(pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  for await (const chunk of ps.stdout) text += String(chunk);
  return text.trim();
}
