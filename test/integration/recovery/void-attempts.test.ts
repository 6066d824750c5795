import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { killEverything } from '../../support/faults/crash.js';
import { FaultRun } from '../../support/faults/fault-run.js';
import { endWell, openClaudeRun, openSession, optionOf } from '../../support/agents/stub-claude.js';
import { waitFor } from '../../support/waiting/wait-for.js';

const ONE = [{ id: 'task-001', wave: 1 }];
/** Its supervisor is killed between announcing an agent and starting it. */
const ANNOUNCED = { at: 'attempt.start.before', n: 1 } as const;

it('an attempt that was announced but never started does not count as lost, however often its supervisor is killed', async () => {
  const run = await FaultRun.open(ONE);
  onTestFinished(async () => run.close());
  const armed = run.arm([ANNOUNCED, ANNOUNCED, ANNOUNCED]);
  await run.finish(armed);
  expect(armed.pending()).toEqual([]);
  const events = (await run.records()).map(({ event }) => event);
  expect(events.filter(({ type }) => type === 'attempt_void')).toHaveLength(3);
  expect(events.at(-1)).toEqual({ type: 'run_finished', state: 'completed' });
  expect(await run.wrongStarts(true)).toEqual([]);
});

it('the session that such an attempt was to continue is continued by the next', async () => {
  const run = await openClaudeRun({ tasks: ONE });
  await run.spawn();
  const first = await run.agents.waitForAgent('task-001');
  const session = await openSession(first);
  await killEverything(run);
  const falls = { ...run.environment, O8_FAILPOINT: `${ANNOUNCED.at}@${join(run.home, 'fallen')}` };
  expect((await run.o8With(falls, 'spawn', '--resume')).code).toBe(0);
  await waitFor(async () => (await run.status()).state === 'interrupted', { timeoutMs: 20_000, what: 'the fall' });
  expect((await run.task('task-001')).attempt).toBe(2);

  expect((await run.o8('spawn', '--resume')).code).toBe(0);
  const third = await run.agents.waitForAgent('task-001');
  expect(optionOf(third, '--resume')).toBe(session);
  expect(third.started.stdin).toContain('The agent process disappeared');
  await openSession(third);
  await endWell(third, 0.1);
  await run.waitForRun('completed');
  expect(run.agents.all).toHaveLength(2);
});
