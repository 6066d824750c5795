import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { STUB_PROGRAM } from '../../support/agents/stub-agent.js';
import { endWell, openSession, optionOf, say } from '../../support/agents/stub-claude.js';
import { PLAN_DIR, RunFixture } from '../../support/runs/run-fixture.js';

it('tasks use the agent they name; costs printed by a user’s own program are ignored', async () => {
  const run = await RunFixture.open({
    tasks: [
      { id: 'task-001', wave: 1, more: { agent: 'quick' } },
      { id: 'task-002', wave: 1, more: { agent: 'worker' } },
    ],
    environment: (home) => ({ PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}` }),
  });
  await run.repository.write(
    '../bin/claude',
    `#!/bin/sh\n[ "$1" = --version ] && exec echo '2.1.0 (Claude Code)'\n` +
      `exec '${process.execPath}' '${STUB_PROGRAM}' --socket '${run.agents.socket}' "$@"\n`,
  );
  await chmod(join(run.home, 'bin/claude'), 0o755);
  const set = async (key: string, value: string): Promise<string> => (await run.o8('config', 'set', key, value)).stderr;
  expect(await set('agents.quick.kind', 'nonsense')).toContain('There is no agent kind "nonsense"');
  expect(await set('agents.quick.kind', 'claude')).toBe('');
  expect(await set('agents.quick.model', 'haiku')).toBe('');
  expect(await set('agent.kind', 'claude')).toContain('o8 config reset agent.command');

  const plan = await run.call('plan', { dir: PLAN_DIR });
  expect(plan['tasks']).toMatchObject([{ id: 'task-001', agent: 'quick' }, { id: 'task-002' }]);
  expect((plan['tasks'] as object[])[1]).not.toHaveProperty('agent');
  const { stdout } = await run.o8('doctor');
  expect(stdout).toContain('claude 2.1.0 (Claude Code), tested with ');

  await run.spawn();
  const quick = await run.agents.waitForAgent('task-001');
  const other = await run.agents.waitForAgent('task-002');
  expect(optionOf(quick, '--session-id')).not.toBeNull();
  expect(quick.started.argv).toContain('--model=haiku');
  expect(other.started.argv).toEqual([]);
  await openSession(quick);
  await say(other, {
    type: 'assistant',
    message: { id: 'm', content: [], usage: { input_tokens: 5, output_tokens: 5 } },
  });
  await say(other, { type: 'result', subtype: 'success', is_error: true, result: 'no', total_cost_usd: 7 });
  await endWell(quick, 0.5);
  expect(await run.waitForTask('task-001', 'complete')).toMatchObject({ costUsd: 0.5 });
  expect(await run.task('task-002')).not.toHaveProperty('costUsd');
  await other.succeed('task-002.txt', 'x\n');
  const done = await run.waitForTask('task-002', 'complete');
  expect(done).not.toHaveProperty('costUsd');
  expect(done).not.toHaveProperty('tokens');
  await run.waitForRun('completed');
  const { runId = '' } = await run.status();
  const events = (await readFile(join(run.root, '.git/o8/runs', runId, 'journal.jsonl'), 'utf8')).split('\n');
  expect(events.find((line) => line.includes('"attempt_ended"') && line.includes('task-002'))).toContain('"costUsd":0');
});
