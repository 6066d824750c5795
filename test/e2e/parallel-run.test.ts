import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runClaude, type ClaudeResult } from '../support/claude/claude.js';
import { hashFolder } from '../support/git/folder-hash.js';
import { MessagesApi, say, useTool, type Answer, type ApiRequest } from '../support/claude/messages-api.js';
import { FIVE_TASKS, PLAN_DIR, RunFixture } from '../support/runs/run-fixture.js';

// The plugin's command with its tools. The other ways to install them: install/.

const project = resolve(import.meta.dirname, '../..');
const PLAN_TOOL = 'mcp__plugin_o8_o8__plan';
/** Turns given to a server that is still starting: the first request does not wait for it. */
const MOST_TURNS = 20;

let home: string;
let api: MessagesApi;

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'o8-home-')));
});
afterEach(async () => {
  await api.close();
  await rm(home, { recursive: true, force: true });
});

async function claude(cwd: string, ...args: string[]): Promise<ClaudeResult> {
  // Tools are sent with the first request, and not only their names.
  return runClaude({ cwd, home, api, args, env: { ENABLE_TOOL_SEARCH: 'false' }, timeoutMs: 120_000 });
}

/** Calls the tool as soon as the client offers it, and then ends. */
function callOnce(request: ApiRequest, file: string, tool: string, input: Record<string, unknown>): Answer {
  if (request.toolResults.some(({ text }) => text.includes('"criticalPath"'))) return say('This is the plan.');
  if (request.tools.includes(tool)) return useTool(tool, input);
  return request.turn < MOST_TURNS ? useTool('Read', { file_path: file }) : say('The tool never came.');
}

const planSchema = z.object({ text: z.string(), tasks: z.array(z.object({ id: z.string(), branch: z.string() })) });

function expectPlan(run: RunFixture): void {
  const sent = api.mainRequests[0]?.userText ?? '';
  expect(sent).toContain('<command-name>/o8:parallel-run</command-name>');
  expect(sent).toContain(`Arguments: \`${PLAN_DIR}/ --dry-run\``);
  expect(sent).toContain('Dry run complete. No files modified.');
  const [answer] = api.mainRequests
    .flatMap(({ toolResults }) => toolResults)
    .filter(({ text }) => text.includes('"criticalPath"'));
  expect(answer?.isError, JSON.stringify(api.mainRequests.map(({ tools, toolResults }) => [tools, toolResults]))).toBe(
    false,
  );
  const plan = planSchema.parse(JSON.parse(answer?.text ?? ''));
  expect(plan.text).toContain('=== Parallel Execution Plan ===');
  expect(plan.tasks.map(({ id }) => id)).toEqual(FIVE_TASKS.map(({ id }) => id));
  expect(run.agents.all).toEqual([]);
}

describe('/parallel-run <dir> --dry-run', () => {
  it('of the plugin sends its text to the model, the plan tool answers, and nothing is written', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    api = await MessagesApi.start((request) =>
      callOnce(request, join(run.root, 'README.md'), PLAN_TOOL, { dir: `${PLAN_DIR}/` }),
    );
    const before = await hashFolder(run.root);
    const result = await claude(run.root, '--plugin-dir', project, '-p', `/parallel-run ${PLAN_DIR}/ --dry-run`);
    expect(result.code, result.stderr).toBe(0);
    expect(api.faults).toEqual([]);
    expectPlan(run);
    expect(await hashFolder(run.root)).toBe(before);
  });
});
