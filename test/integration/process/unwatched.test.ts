import { kill } from 'node:process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Place, PlacedStatus } from '../../../src/core/run/place.js';
import { attemptFiles } from '../../../src/process/attempts/attempt-files.js';
import { readClaim } from '../../../src/process/attempts/attempt-records.js';
import { thisMachine } from '../../../src/process/attempts/this-machine.js';
import { forgetReads, openingsOf } from '../../support/files/counted-reads.js';
import { AttemptFixture } from '../../support/runs/attempt-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

/** As where the system has no watch left to give, or a file system reports nothing. */
vi.mock('../../../src/process/base/folder-watch.js', () => ({
  watchFolder: () => ({ close: () => undefined }),
}));
vi.mock('node:fs/promises', async (original) => {
  const { countedPromises } = await import('../../support/files/counted-reads.js');
  return countedPromises(await original());
});

let fixture: AttemptFixture;

beforeEach(async () => {
  fixture = await AttemptFixture.make();
});
afterEach(async () => fixture.dispose());

const LONG_ENOUGH = { timeoutMs: 30_000 };

async function untilRunning(place: Place, order: { attemptId: string; dir: string }): Promise<PlacedStatus> {
  return waitFor(
    async () => {
      const status = await place.status(order);
      return status.kind === 'running' ? status : null;
    },
    { ...LONG_ENOUGH, what: 'the agent to run' },
  );
}

/** Calls of `news` wake the one who waits; nobody asks for the status in between. */
function heardOf(place: Place, order: { attemptId: string; dir: string }): { readonly count: () => number } {
  let count = 0;
  place.watch(order, () => {
    count += 1;
  });
  return { count: () => count };
}

test('the end of an own agent is heard of without file events', async () => {
  const place = thisMachine();
  const order = fixture.spec();
  await place.start(order);
  const agent = await fixture.agents.waitForAgent(order.attemptId);
  const heard = heardOf(place, order);
  await untilRunning(place, order);
  const before = heard.count();
  await agent.exit(3);
  await waitFor(() => heard.count() > before, { ...LONG_ENOUGH, what: 'news of its end' });
  expect(await place.status(order)).toEqual({ kind: 'ended', pid: agent.pid, exit: { kind: 'exited', code: 3 } });
});

test('the end of an adopted agent is heard of without file events, also if its shim was killed', async () => {
  const order = fixture.spec();
  const lone = fixture.spec();
  const first = thisMachine();
  for (const each of [order, lone]) await first.start(each);
  const agent = await fixture.agents.waitForAgent(order.attemptId);
  const other = await fixture.agents.waitForAgent(lone.attemptId);
  for (const each of [order, lone]) await untilRunning(first, each);

  const place = thisMachine(); // of the next supervisor
  const heard = heardOf(place, order);
  const heardOfLone = heardOf(place, lone);
  expect(await untilRunning(place, order)).toEqual({ kind: 'running', pid: agent.pid, attended: true });
  await untilRunning(place, lone);
  await agent.exit(0);
  await waitFor(() => heard.count() > 0, { ...LONG_ENOUGH, what: 'news of its end' });
  expect(await place.status(order)).toEqual({ kind: 'ended', pid: agent.pid, exit: { kind: 'exited', code: 0 } });

  const claim = await readClaim(lone.dir);
  if (claim?.kind !== 'shim') throw new Error('nobody started it');
  kill(claim.shim.pid, 'SIGKILL');
  await waitFor(() => heardOfLone.count() > 0, { ...LONG_ENOUGH, what: 'news of its shim' });
  expect(await place.status(lone)).toEqual({ kind: 'running', pid: other.pid, attended: false });
});

test('the records of a running attempt are read once', async () => {
  const place = thisMachine();
  const order = fixture.spec();
  await place.start(order);
  await fixture.agents.waitForAgent(order.attemptId);
  await untilRunning(place, order);
  const next = thisMachine();
  await untilRunning(next, order);
  forgetReads();
  const { claim, agent, exit } = attemptFiles(order.dir);
  for (let look = 0; look < 10; look += 1)
    for (const each of [place, next]) expect(await each.status(order)).toMatchObject({ kind: 'running' });
  expect([claim, agent, exit].map(openingsOf)).toEqual([0, 0, 0]);
});
