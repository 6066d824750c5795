import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runClaude, type ClaudeResult } from '../support/claude.js';
import { hashFolder } from '../support/folder-hash.js';
import { O8_PROGRAM } from '../support/mcp-client.js';
import { MessagesApi, say, useTool, type Answer, type ApiRequest } from '../support/messages-api.js';
import { FIVE_TASKS, PLAN_DIR, RunFixture } from '../support/run-fixture.js';

// The doors of Claude Code: the plugin's command with its tools, `claude mcp add`, and the marketplace.

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

/** The files of the project as a clone has them. */
async function copyProject(to: string): Promise<void> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await promisify(execFile)('git', args, { cwd: project, maxBuffer: 16 * 1024 * 1024 });
  // Without its lockfile the installer has nothing to fetch: what an install runs is the committed dist/.
  const wanted = /^(\.claude-plugin|agents|commands|dist)\/|^(package\.json|README\.md|LICENSE)$/;
  for (const file of stdout.split('\0').filter((name) => wanted.test(name))) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(project, file), join(to, file));
  }
}

describe('/parallel-run <dir> --dry-run', () => {
  it('of the plugin reaches the model with our text, our plan tool answers it, and nothing is written', async () => {
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

  it('works the same after an install from the repository as a marketplace', async () => {
    const run = await RunFixture.open({ tasks: FIVE_TASKS });
    api = await MessagesApi.start((request) =>
      callOnce(request, join(run.root, 'README.md'), PLAN_TOOL, { dir: `${PLAN_DIR}/` }),
    );
    const clone = join(home, 'clone');
    await copyProject(clone);
    const manifest: unknown = JSON.parse(await readFile(join(clone, '.claude-plugin/marketplace.json'), 'utf8'));
    const { name } = z.object({ name: z.string() }).parse(manifest);
    const added = await claude(run.root, 'plugin', 'marketplace', 'add', clone);
    expect(added.code, added.stdout + added.stderr).toBe(0);
    const installed = await claude(run.root, 'plugin', 'install', `o8@${name}`);
    expect(installed.code, installed.stdout + installed.stderr).toBe(0);

    const result = await claude(run.root, '-p', `/parallel-run ${PLAN_DIR}/ --dry-run`);
    expect(result.code, result.stderr).toBe(0);
    expect(api.faults).toEqual([]);
    expectPlan(run);
  });
});

describe('claude mcp add o8', () => {
  it('is connected in claude mcp list', async () => {
    api = await MessagesApi.start(() => say('ok'));
    const added = await claude(home, 'mcp', 'add', 'o8', '--', process.execPath, O8_PROGRAM, 'mcp');
    expect(added.code, added.stdout + added.stderr).toBe(0);
    const listed = await claude(home, 'mcp', 'list');
    expect(listed.stdout).toMatch(/^o8: .*o8\.js mcp - . Connected$/m);
  });
});
