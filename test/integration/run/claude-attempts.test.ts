import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processTable } from '../../../src/process/trees/process-table.js';
import { openClaudeRun, openSession, optionOf, say } from '../../support/agents/stub-claude.js';

const ONE = [{ id: 'task-001', wave: 1 }];

it('an agent whose tool ran without the guard is stopped at once and not retried', async () => {
  const run = await openClaudeRun({ tasks: ONE, settings: { retries: 2 } });
  await run.spawn();
  const agent = await run.agents.waitForAgent('task-001');
  await openSession(agent);
  const call = { type: 'tool_use', id: 't1', name: 'Edit', input: { file_path: 'a.txt' } };
  await say(agent, { type: 'assistant', message: { id: 'm1', content: [call] } });
  await say(agent, {
    type: 'user',
    message: { content: [{ type: 'tool_result', tool_use_id: 't1', content: 'done', is_error: false }] },
  });
  const { reason, message, attempt } = await run.waitForTask('task-001', 'failed');
  expect({ reason, attempt }).toEqual({ reason: 'agent_error', attempt: 1 });
  expect(message).toContain('Edit');
  expect(await processTable.read(agent.pid)).toBeNull();
  await run.waitForRun('failed');
});

it('a continued session is told the rules only if they differ from those it started with', async () => {
  const run = await openClaudeRun({ tasks: ONE, settings: { retries: 2 } });
  const runId = await run.spawn();
  const first = await run.agents.waitForAgent('task-001');
  const session = await openSession(first);
  // As told by an older version of o8.
  await writeFile(join(run.root, '.git/o8/runs', runId, 'tasks/task-001/1/rules.md'), 'Work at night.\n');
  await first.exit(3);
  const second = await run.agents.waitForAgent('task-001');
  expect(optionOf(second, '--resume')).toBe(session);
  expect(second.started.stdin).toContain('The rules for workers have changed. From now on, follow these:');
  expect(second.started.stdin).toContain('Stay in your task:');
  await openSession(second);
  await second.exit(3);
  const third = await run.agents.waitForAgent('task-001');
  expect(optionOf(third, '--resume')).toBe(session);
  expect(third.started.stdin).not.toContain('rules for workers');
});
