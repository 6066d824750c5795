import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { thisMachine } from '../../../src/process/attempts/this-machine.js';
import { AttemptFixture } from '../../support/runs/attempt-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

let fixture: AttemptFixture;

beforeEach(async () => {
  fixture = await AttemptFixture.make();
});
afterEach(async () => fixture.dispose());

describe('this machine as a place', () => {
  test('starts an attempt, reports it running, notifies of changes, and stops its whole tree', async () => {
    const place = thisMachine();
    const order = fixture.spec();
    expect(await place.status(order)).toEqual({ kind: 'unclaimed' });
    await place.start(order);
    // Also before a shim has claimed it; for another supervisor that looked now it might be unclaimed.
    expect((await place.status(order)).kind).not.toBe('unclaimed');
    const heard: number[] = [];
    const watch = place.watch(order, () => heard.push(1));
    const agent = await fixture.agents.waitForAgent(order.attemptId);
    const running = await waitFor(
      async () => {
        const status = await place.status(order);
        return status.kind === 'running' ? status : null;
      },
      { timeoutMs: 30_000, what: 'the agent to run' },
    );
    expect(running).toEqual({ kind: 'running', pid: agent.pid, attended: true });
    expect(await place.fence(order)).toBe('claimed');
    expect((await place.stop(order, 10_000)).survivors).toEqual([]);
    expect(await place.status(order)).toEqual({
      kind: 'ended',
      pid: agent.pid,
      exit: { kind: 'signalled', signal: 'SIGTERM' },
    });
    await waitFor(() => heard.length > 0, { timeoutMs: 10_000, what: 'to hear of its end' });
    watch.close();
  });

  test('starts no fenced attempt', async () => {
    const order = fixture.spec();
    expect(await thisMachine().fence(order)).toBe('voided');
    const place = thisMachine();
    await place.start(order);
    expect(await place.status(order)).toEqual({ kind: 'void' });
    expect((await place.stop(order, 1_000)).survivors).toEqual([]);
    expect(await place.status(order)).toEqual({ kind: 'void' });
  });
});
