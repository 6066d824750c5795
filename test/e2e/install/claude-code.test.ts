import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ClaudeSession, user } from '../../support/claude/claude-session.js';
import { runClaude } from '../../support/claude/claude.js';
import type { MarkedProcesses } from '../../support/programs/marked-processes.js';
import { inTurn, MessagesApi, say, useTool, type Script } from '../../support/claude/messages-api.js';
import { NPM_OFFLINE, packProject } from '../../support/programs/npm-package.js';
import { cloneProject } from '../../support/programs/project-clone.js';
import { branchOf, PLAN_DIR, RunFixture, type TestTask } from '../../support/runs/run-fixture.js';
import { waitFor } from '../../support/waiting/wait-for.js';

// The four ways in, each from what a user has: a clone nobody built anything in, or a packed tarball. No network.

const TASKS: readonly TestTask[] = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 2 },
];
const ASKED = 'What do you do?';
const planSchema = z.looseObject({ text: z.string(), tasks: z.array(z.looseObject({ branch: z.string() })) });
const spawnedSchema = z.looseObject({ runId: z.string() });

let folder: string;
let clone: string;
let tarball: string;
let home: string;
let run: RunFixture;
let api: MessagesApi;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-install-')));
  const packed = join(folder, 'packed');
  await mkdir(packed);
  clone = await cloneProject(folder);
  ({ tarball } = await packProject(packed));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  home = await mkdtemp(join(folder, 'home-'));
  run = await RunFixture.open({ tasks: TASKS });
});
afterEach(async () => api.close());

async function claude(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runClaude({ cwd: run.root, home, api, args, env: NPM_OFFLINE });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}

async function open(options: { readonly plugin: string | null; readonly allows?: readonly string[] }) {
  const { plugin, allows = [] } = options;
  const { root, processes } = run;
  return ClaudeSession.start({ cwd: root, home, api, plugin, user: user({ allows }), env: NPM_OFFLINE, processes });
}

/** Of every process the test started, however far it detached itself. */
async function commandLines(processes: MarkedProcesses): Promise<string[]> {
  const pids = await processes.pids();
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', pids.join(',')]);
  return stdout.trim().split('\n');
}

/** The driving model follows the command and then asks an agent of the plugin, which answers. */
const planThenAsk: Script = (request) => {
  if (request.system.includes('You write a plan folder')) return say('I split documents into tasks.');
  return inTurn(
    useTool('mcp__plugin_o8_o8__plan', { dir: `${PLAN_DIR}/` }),
    useTool('Agent', { subagent_type: 'o8:decomposer', description: 'Ask', prompt: ASKED, run_in_background: false }),
    say('Dry run complete. No files modified.'),
  )(request);
};

async function expectWholePlugin(session: ClaudeSession): Promise<void> {
  await session.say(`/parallel-run ${PLAN_DIR}/ --dry-run`);
  expect(api.faults).toEqual([]);
  expect(session.prompts).toEqual([]); // the command allows the tools it calls
  expect(api.mainRequests[0]?.userText).toContain(`Arguments: \`${PLAN_DIR}/ --dry-run\``);
  const [plan, agent] = api.mainRequests.flatMap(({ toolResults }) => toolResults);
  expect(plan?.isError, plan?.text).toBe(false);
  const { text, tasks } = planSchema.parse(JSON.parse(plan?.text ?? ''));
  expect(text).toContain('=== Parallel Execution Plan ===');
  expect(tasks.map(({ branch }) => branch)).toEqual(TASKS.map(({ id }) => branchOf(id)));
  expect(agent?.text).toContain('I split documents into tasks.');
}

describe('o8 in Claude Code', () => {
  it('has commands, tools and agents with --plugin-dir on a fresh clone', async () => {
    api = await MessagesApi.start(planThenAsk);
    await expectWholePlugin(await open({ plugin: clone }));
  });

  it('has them after an install from a fresh clone as a marketplace', async () => {
    api = await MessagesApi.start(planThenAsk);
    await claude('plugin', 'marketplace', 'add', clone);
    await claude('plugin', 'install', 'o8@o8');
    await expectWholePlugin(await open({ plugin: null }));
  });

  it('has its tools after claude mcp add with the program of a fresh clone', async () => {
    api = await MessagesApi.start(inTurn(useTool('mcp__o8__plan', { dir: PLAN_DIR }), say('That is the plan.')));
    await claude('mcp', 'add', 'o8', '--', 'node', join(clone, 'dist/o8.js'), 'mcp');
    const session = await open({ plugin: null, allows: ['mcp__o8__plan'] });
    await session.say('What would a run do?');
    const [plan] = api.mainRequests.flatMap(({ toolResults }) => toolResults);
    expect(planSchema.parse(JSON.parse(plan?.text ?? '')).tasks).toHaveLength(TASKS.length);
  });

  it('starts runs after claude mcp add with npx and a tarball, and these outlive session and npx', async () => {
    api = await MessagesApi.start(inTurn(useTool('mcp__o8__spawn', { dir: PLAN_DIR }), say('It runs.')));
    await claude('mcp', 'add', 'o8', '--', 'npx', '-y', `file:${tarball}`, 'mcp');
    const session = await open({ plugin: null, allows: ['mcp__o8__spawn'] });
    await session.say('Start the run.');
    await session.close();
    const [answer] = api.mainRequests.flatMap(({ toolResults }) => toolResults);
    expect(answer?.isError, answer?.text).toBe(false);
    const { runId } = spawnedSchema.parse(JSON.parse(answer?.text ?? ''));

    const cache = join(home, '.npm/_npx');
    const programs = async () => (await commandLines(run.processes)).filter((line) => line.includes(cache));
    await waitFor(async () => (await programs()).every((line) => !line.endsWith(' mcp')), {
      timeoutMs: 20_000,
      what: 'the server to end with its session',
    });
    expect(await programs()).toContainEqual(expect.stringContaining('dist/supervisor.js'));
    await run.succeed('task-001');
    await run.succeed('task-002');
    expect(await run.waitForRun('completed')).toMatchObject({ runId, counts: { complete: 2 } });
    const environment = { ...run.environment, ...NPM_OFFLINE, HOME: home };
    const npx = ['-y', '--package', tarball, 'o8', 'merge'];
    const { stdout } = await promisify(execFile)('npx', npx, { cwd: run.root, env: environment });
    expect(stdout).toMatch(/^Landed on main: /m);
    expect(await run.workOn('main')).toEqual(['task-001', 'task-002']);
  });
});
