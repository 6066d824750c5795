import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAttempt, startAttempt, stopAttempt, type AttemptSpec } from '../../../src/process/attempts/attempt.js';
import { processProbe } from '../../../src/process/trees/identify-process.js';
import { processTable } from '../../../src/process/trees/process-table.js';
import { AttemptFixture } from '../../support/runs/attempt-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const FORKING_AGENT = join(import.meta.dirname, '../../support/agents/forking-agent.mjs');
const ROLES = ['agent', 'child', 'own_session', 'double_forked', 'scrubbed'] as const;

let fixture: AttemptFixture;
let strays: number[];

beforeEach(async () => {
  fixture = await AttemptFixture.make();
  strays = [];
});
afterEach(async () => {
  for (const pid of await alive(strays)) process.kill(pid, 'SIGKILL');
  await fixture.dispose();
});

/** Starts an agent with a child of every kind, which do not heed SIGTERM; returns their pids when all of them run. */
async function startForking(changes: Partial<AttemptSpec> = {}): Promise<{ spec: AttemptSpec; pids: number[] }> {
  const folder = join(fixture.folder, 'pids');
  await mkdir(folder);
  const spec = fixture.spec({ argv: [process.execPath, FORKING_AGENT, folder], ...changes });
  await startAttempt(spec);
  const pids: number[] = [];
  for (const role of ROLES) {
    const text = await waitFor(async () => readFile(join(folder, role), 'utf8').catch(() => null), {
      timeoutMs: 30_000,
      what: `the ${role} of the forking agent`,
    });
    pids.push(Number(text));
  }
  strays.push(...pids); // the scrubbed one does not carry the fixture's mark
  await fixture.reaches(spec.dir, 'running');
  return { spec, pids };
}

/** Those that live; a zombie that waits to be reaped does not. */
async function alive(pids: readonly number[]): Promise<number[]> {
  const found = await Promise.all(pids.map(async (pid) => processTable.read(pid)));
  return found.flatMap((entry) => entry?.pid ?? []);
}

test('stopping an attempt lets the agent end by itself on SIGTERM, and its shim records that', async () => {
  const spec = fixture.spec();
  await startAttempt(spec);
  await fixture.agents.waitForAgent(spec.attemptId);
  await fixture.reaches(spec.dir, 'running');
  expect(await stopAttempt(spec.dir, spec.attemptId, 10_000)).toMatchObject({ survivors: [] });
  expect(await readAttempt(spec.dir)).toMatchObject({
    kind: 'ended',
    exit: { kind: 'signalled', signal: 'SIGTERM' },
  });
  expect(await fixture.pids()).toEqual([]);
});

test('an agent that ignores SIGTERM is killed after the kill timeout', async () => {
  const spec = fixture.spec({ killAfterMs: 100 });
  await startAttempt(spec);
  const agent = await fixture.agents.waitForAgent(spec.attemptId);
  await agent.ignoreSignal('SIGTERM');
  await fixture.reaches(spec.dir, 'running');
  expect(await stopAttempt(spec.dir, spec.attemptId, 10_000)).toMatchObject({ survivors: [] });
  expect(await readAttempt(spec.dir)).toMatchObject({ kind: 'ended', exit: { kind: 'signalled', signal: 'SIGKILL' } });
});

test('the shorter of the two times to kill counts', async () => {
  const spec = fixture.spec({ killAfterMs: 600_000 });
  await startAttempt(spec);
  const agent = await fixture.agents.waitForAgent(spec.attemptId);
  await agent.ignoreSignal('SIGTERM');
  await fixture.reaches(spec.dir, 'running');
  expect(await stopAttempt(spec.dir, spec.attemptId, 100)).toMatchObject({ survivors: [] });
  expect(await fixture.pids()).toEqual([]);
  expect(await readAttempt(spec.dir)).toMatchObject({ kind: 'ended', exit: { kind: 'signalled', signal: 'SIGKILL' } });
});

test('the whole tree is stopped: children, their own sessions, double-forked ones and ones with a scrubbed environment', async () => {
  const { spec, pids } = await startForking({ killAfterMs: 200 });
  expect(await alive(pids)).toEqual(pids);
  expect(await stopAttempt(spec.dir, spec.attemptId, 10_000)).toMatchObject({ survivors: [] });
  expect(await alive(pids)).toEqual([]);
  expect(await fixture.pids()).toEqual([]);
});

test('the whole tree is stopped even if the shim is dead', async () => {
  const { spec, pids } = await startForking();
  const { shim } = await fixture.reaches(spec.dir, 'running');
  await processProbe.stop(shim, 0);
  expect(await alive(pids)).toEqual(pids);
  expect(await stopAttempt(spec.dir, spec.attemptId, 200)).toMatchObject({ survivors: [] });
  expect(await alive(pids)).toEqual([]);
  expect(await readAttempt(spec.dir)).toEqual({ kind: 'lost' });
});

test('the whole tree is stopped even if the shim hangs', async () => {
  const { spec, pids } = await startForking();
  const { shim } = await fixture.reaches(spec.dir, 'running');
  process.kill(shim.pid, 'SIGSTOP');
  expect(await stopAttempt(spec.dir, spec.attemptId, 200)).toMatchObject({ survivors: [] });
  expect(await alive(pids)).toEqual([]);
  expect(await processProbe.check(shim)).toBe('dead');
});

test('what an agent left behind when it ended is stopped too, and its exit stays as it was', async () => {
  const spec = fixture.spec();
  await startAttempt(spec);
  const agent = await fixture.agents.waitForAgent(spec.attemptId);
  const child = await agent.startChild('own');
  await agent.exit(0);
  const ended = await fixture.reaches(spec.dir, 'ended');
  expect(await alive([child])).toEqual([child]);
  expect(await stopAttempt(spec.dir, spec.attemptId, 10_000)).toMatchObject({ survivors: [] });
  expect(await alive([child])).toEqual([]);
  expect(await readAttempt(spec.dir)).toEqual(ended);
});

test('stopping twice, at the same time or one after the other, has the effect of stopping once', async () => {
  const spec = fixture.spec();
  await startAttempt(spec);
  await fixture.agents.waitForAgent(spec.attemptId);
  await fixture.reaches(spec.dir, 'running');
  const stop = async (): Promise<unknown> => stopAttempt(spec.dir, spec.attemptId, 10_000);
  expect(await Promise.all([stop(), stop()])).toMatchObject([{ survivors: [] }, { survivors: [] }]);
  expect(await stop()).toMatchObject({ survivors: [] });
  expect(await readAttempt(spec.dir)).toMatchObject({ kind: 'ended' });
});

test('an attempt that no shim has claimed becomes void', async () => {
  const spec = fixture.spec();
  expect(await stopAttempt(spec.dir, spec.attemptId, 10_000)).toMatchObject({ survivors: [] });
  expect(await readAttempt(spec.dir)).toEqual({ kind: 'void' });
});

test('an attempt that is stopped while it starts leaves nothing running', { timeout: 120_000 }, async () => {
  for (let round = 0; round < 8; round += 1) {
    const spec = fixture.spec();
    await startAttempt(spec);
    // Each round a little later in the life of the shim: before its claim, between claim and agent, after.
    await waitFor(async () => (await readAttempt(spec.dir)).kind !== 'unclaimed' || round < 2, {
      timeoutMs: 30_000,
      what: 'the shim to claim the attempt',
    });
    expect(await stopAttempt(spec.dir, spec.attemptId, 10_000)).toMatchObject({ survivors: [] });
    await waitFor(async () => (await fixture.pids()).length === 0, {
      timeoutMs: 10_000,
      what: 'a late shim to give up',
    });
    expect(['void', 'ended']).toContain((await readAttempt(spec.dir)).kind);
  }
});

test('another process that got the pid of a dead agent or shim is left alone', async () => {
  const bystander = fixture.spec();
  await startAttempt(bystander);
  const other = await fixture.agents.waitForAgent(bystander.attemptId);
  const { agent, shim } = await fixture.reaches(bystander.dir, 'running');

  const spec = fixture.spec();
  await mkdir(spec.dir);
  await writeFile(
    join(spec.dir, 'claim.json'),
    JSON.stringify({ version: 1, kind: 'shim', shim: { ...shim, start: '1' } }),
  );
  await writeFile(join(spec.dir, 'agent.json'), JSON.stringify({ version: 1, agent: { ...agent, start: '1' } }));
  expect(await stopAttempt(spec.dir, spec.attemptId, 1_000)).toMatchObject({ survivors: [] });
  expect(await processProbe.check(agent)).toBe('alive');
  expect(await processProbe.check(shim)).toBe('alive');
  await other.exit(0);
});

test('an attempt of another machine is not touched but reported', async () => {
  const spec = fixture.spec();
  const elsewhere = { ...(await processProbe.self()), bootId: 'another', host: 'another-host' };
  await mkdir(spec.dir);
  await writeFile(join(spec.dir, 'claim.json'), JSON.stringify({ version: 1, kind: 'shim', shim: elsewhere }));
  await expect(stopAttempt(spec.dir, spec.attemptId, 1_000)).rejects.toMatchObject({ code: 'lock_unknown' });
});
