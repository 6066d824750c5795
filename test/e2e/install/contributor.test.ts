import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ClaudeSession } from '../../support/claude/claude-session.js';
import { isClaudeAtLeast, runClaude } from '../../support/claude/claude.js';
import { inTurn, MessagesApi, say, useTool } from '../../support/claude/messages-api.js';
import { NPM_OFFLINE } from '../../support/programs/npm-package.js';
import { cloneProject } from '../../support/programs/project-clone.js';

// `.claude/settings.json` of this repository: whoever opens a clone and trusts it has o8 from that clone.

it('a clone opened in Claude Code has o8 after its folder is trusted, and not before', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-contributor-')));
  const home = await mkdtemp(join(folder, 'home-'));
  const api = await MessagesApi.start(
    inTurn(useTool('mcp__plugin_o8_o8__status', {}), say('No run in this repository yet.')),
  );
  onTestFinished(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });
  const cwd = await cloneProject(folder);
  const claude = async (prompt: string) => runClaude({ cwd, home, api, args: ['-p', prompt], env: NPM_OFFLINE });

  const { stdout } = await claude('/parallel-status');
  // Newer versions give their model the text of a command they do not know.
  if (isClaudeAtLeast(329)) expect(api.mainRequests.length).toBeGreaterThan(0);
  else expect(stdout).toContain('Unknown command: /parallel-status');
  // What the answer to "Do you trust this folder?" writes.
  const trust = { projects: { [cwd]: { hasTrustDialogAccepted: true } } };
  await writeFile(join(home, '.claude.json'), JSON.stringify(trust));
  await claude('/parallel-status'); // without a terminal the clone is registered for the next session
  const before = api.mainRequests;
  expect(before.flatMap(({ tools }) => tools).filter((tool) => tool.includes('o8'))).toEqual([]);

  const session = await ClaudeSession.start({ cwd, home, api, plugin: null, env: NPM_OFFLINE });
  await session.say('/parallel-status');
  expect(session.prompts).toEqual([]);
  const requests = api.mainRequests.slice(before.length);
  expect(requests[0]?.userText).toContain('<command-name>/o8:parallel-status</command-name>');
  const [status] = requests.flatMap(({ toolResults }) => toolResults);
  expect(status).toEqual({ isError: false, text: expect.stringContaining('No run in this repository yet.') as string });
});
