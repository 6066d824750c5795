import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runClaude } from '../support/claude/claude.js';
import { ClaudeSession, user } from '../support/claude/claude-session.js';
import { O8_PROGRAM } from '../support/programs/mcp-client.js';
import { inTurn, MessagesApi, say, useTool } from '../support/claude/messages-api.js';
import { FIVE_TASKS, PLAN_DIR, RunFixture } from '../support/runs/run-fixture.js';

// What a session has that knows o8 only from `claude mcp add`: no plugin, no commands, no agents.

it('with nothing but the server, a session has the command as a prompt, how a plan is written, and the tools', async () => {
  const run = await RunFixture.open({ tasks: FIVE_TASKS });
  const home = join(run.home, 'claude-home');
  const api = await MessagesApi.start(
    inTurn(
      useTool('ReadMcpResourceTool', { server: 'o8', uri: 'o8://docs/plan-folder' }),
      useTool('mcp__o8__plan', { dir: PLAN_DIR }),
      say('This is the plan.'),
    ),
  );
  onTestFinished(async () => api.close());
  const added = await runClaude({
    cwd: run.root,
    home: run.home,
    api,
    args: ['mcp', 'add', 'o8', '--', process.execPath, O8_PROGRAM, 'mcp'],
    env: { HOME: home },
  });
  expect(added.code, added.stderr).toBe(0);

  const session = await ClaudeSession.start({
    cwd: run.root,
    home,
    api,
    plugin: null,
    user: user({ allows: ['ReadMcpResourceTool', 'mcp__o8__plan'] }),
  });
  const words = `${PLAN_DIR} --dry-run --skip task-001,task-002 --max-concurrent 2 --schedule waves`;
  expect(await session.say(`/mcp__o8__parallel-run ${words}`)).toBe('This is the plan.');

  const [first, second, third] = api.mainRequests;
  expect(first?.userText).toContain(`Arguments: \`${words}\``);
  expect(first?.userText).toContain('Dry run complete. No files modified.');
  expect(JSON.stringify(first?.body)).toContain('o8://docs/plan-folder'); // the server's instructions
  expect(second?.toolResults).toEqual([{ isError: false, text: expect.stringContaining('## Scope') as string }]);
  expect(third?.toolResults).toEqual([{ isError: false, text: expect.stringContaining('"criticalPath"') as string }]);
});
