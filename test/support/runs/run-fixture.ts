import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { taskChangeSchema, taskViewSchema, type TaskView } from '../../../src/core/report/status-view.js';
import type { TaskStateName } from '../../../src/core/run/task-state.js';
import { CliProcess, type CliResult } from '../programs/cli.js';
import { MarkedProcesses } from '../programs/marked-processes.js';
import { McpConnection } from '../programs/mcp-client.js';
import { taskFile } from './plan-folder.js';
import { RunTraces } from './run-traces.js';
import { createRepository, excludeSettings, type TestRepository } from '../git/repository.js';
import { StubAgents } from '../agents/stub-agent.js';
import { waitFor } from '../waiting/wait-for.js';

export const PLAN_DIR = 'parallel/TS-0042-inventory';
const MANIFEST = `${PLAN_DIR}/manifest.json`;

/** A task of a test's plan; its file is `tasks/<id>-work.md`, so its branch `feature/<id>-work`. */
export interface TestTask {
  readonly id: string;
  readonly wave: number;
  readonly deps?: readonly string[];
  /** More frontmatter, such as `verify`, `setup`, `retries`. */
  readonly more?: Readonly<Record<string, string | number>>;
  /** Below the heading `## Scope`. */
  readonly scope?: string;
}

/** Two waves: the fourth needs the first two, the fifth the third. */
export const FIVE_TASKS: readonly TestTask[] = [
  { id: 'task-001', wave: 1 },
  { id: 'task-002', wave: 1 },
  { id: 'task-003', wave: 1 },
  { id: 'task-004', wave: 2, deps: ['task-001', 'task-002'] },
  { id: 'task-005', wave: 2, deps: ['task-003'] },
];

export interface RunOptions {
  readonly tasks: readonly TestTask[];
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Of `.claude/parallel-config.json`; the stub agent, no retries and a short `killAfter` when not given. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Committed with the plan. */
  readonly files?: Readonly<Record<string, string>>;
  /** On top of what every process of the test gets. */
  readonly environment?: (home: string) => Readonly<Record<string, string>>;
}

export const branchOf = (task: string): string => `feature/${task}-work`;

const statusSchema = z.looseObject({
  runId: z.string().optional(),
  state: z.string(),
  target: z.string().optional(),
  supervisor: z.object({ pid: z.number().nullable(), alive: z.boolean() }).optional(),
  counts: z.record(z.string(), z.number()),
  cursor: z.number(),
  tasks: z.array(taskViewSchema),
  tail: z.array(z.string()).optional(),
});
export type StatusAnswer = z.output<typeof statusSchema>;
const newsSchema = statusSchema.extend({ tasks: z.array(taskChangeSchema) });

const recordSchema = z.looseObject({ seq: z.number(), type: z.string(), task: z.string().optional() });

const executionSchema = z.looseObject({
  status: z.string(),
  waves: z.array(z.object({ wave: z.number(), status: z.string(), tasks: z.array(z.string()) })),
  failed_tasks: z.array(z.string()),
  skipped_tasks: z.array(z.string()),
});

/**
 * A repository with a plan folder whose agents a test controls, with o8's CLI and MCP server. Everything ends with the test: the
 * processes however far they detached themselves, the agents, the repository.
 */
export class RunFixture {
  #connection: McpConnection | null = null;

  private constructor(
    readonly repository: TestRepository,
    readonly agents: StubAgents,
    readonly processes: MarkedProcesses,
    private readonly more: RunOptions['environment'],
  ) {}

  static async open(options: RunOptions): Promise<RunFixture> {
    const { tasks, manifest = {}, settings = {}, files = {} } = options;
    // Undone one by one, the last first, whichever of them fails.
    const repository = await createRepository({ files: { 'README.md': '# Shop\n', ...files } });
    onTestFinished(async () => repository.remove());
    const agents = await StubAgents.listen();
    onTestFinished(async () => agents.close());
    const fixture = new RunFixture(repository, agents, new MarkedProcesses(), options.environment);
    onTestFinished(async () => fixture.processes.kill());
    onTestFinished(async () => {
      await fixture.#connection?.close();
    });
    await repository.commit('Plan', planFiles(tasks, manifest));
    // As o8 itself leaves it out of git: settings in a commit are the repository's, and need consent.
    await excludeSettings(repository);
    await repository.write(
      '.claude/parallel-config.json',
      JSON.stringify({ agent: { command: agents.command }, retries: 0, killAfter: 1, ...settings }),
    );
    return fixture;
  }

  get root(): string {
    return this.repository.root;
  }

  /** Beside the repository. */
  get home(): string {
    return dirname(this.root);
  }

  get environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      TMPDIR: tmpdir(),
      GIT_CONFIG_NOSYSTEM: '1',
      ...this.more?.(this.home),
      ...this.processes.environment,
    };
  }

  worktree(task: string): string {
    return join(dirname(this.root), 'workspaces', task);
  }

  /** `o8` with these arguments, still running. */
  start(...args: string[]): CliProcess {
    return new CliProcess(args, { cwd: this.root, env: this.environment });
  }

  /** `o8` with these arguments, to its end. */
  async o8(...args: string[]): Promise<CliResult> {
    return this.start(...args).ended;
  }

  /** The same in another environment. */
  async o8With(env: Readonly<Record<string, string>>, ...args: string[]): Promise<CliResult> {
    return new CliProcess(args, { cwd: this.root, env }).ended;
  }

  async o8Json(...args: string[]): Promise<Record<string, unknown>> {
    const result = await this.o8(...args, '--json');
    return z.record(z.string(), z.unknown()).parse(JSON.parse(result.stdout));
  }

  /** Accepts the repository's settings, as a user without a terminal. Returns the digest. */
  async trust(): Promise<string> {
    const { digest } = z.object({ digest: z.string() }).parse(await this.o8Json('trust'));
    const { code, stderr } = await this.o8('trust', '--accept', digest);
    if (code !== 0) throw new Error(stderr);
    return digest;
  }

  /** A server of its own; ends with the test. */
  async openServer(): Promise<McpConnection> {
    return McpConnection.open(this.root, this.environment);
  }

  /** The pid of the test's own server, which is one of the marked processes. */
  async serverPid(): Promise<number> {
    return (await this.#server()).pid;
  }

  /** Calls a tool through the test's server; an error of the tool fails the test. */
  async call(tool: string, input: Readonly<Record<string, unknown>> = {}): Promise<Readonly<Record<string, unknown>>> {
    const answer = await (await this.#server()).call(tool, input);
    if (answer.isError) throw new Error(`${tool}: ${answer.text}`);
    return answer.content;
  }

  /** Calls a tool that has to refuse; returns its error. */
  async refusal(tool: string, input: Readonly<Record<string, unknown>> = {}): Promise<ToolRefusal> {
    const answer = await (await this.#server()).call(tool, input);
    if (!answer.isError) throw new Error(`${tool} did not refuse: ${answer.text}`);
    return refusalSchema.parse(JSON.parse(answer.text)).error;
  }

  /** Starts the plan's run in the background; returns its id. */
  async spawn(input: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const answer = await this.call('spawn', { dir: PLAN_DIR, ...input });
    return z.string().parse(answer['runId']);
  }

  async status(input: Readonly<Record<string, unknown>> = {}): Promise<StatusAnswer> {
    return statusSchema.parse(await this.call('status', input));
  }

  /** What has changed after a cursor, which is not 0. */
  async news(since: number, input: Readonly<Record<string, unknown>> = {}): Promise<z.output<typeof newsSchema>> {
    return newsSchema.parse(await this.call('status', { ...input, since }));
  }

  async task(id: string): Promise<TaskView> {
    const { tasks } = await this.status({ task: id });
    const [task] = tasks;
    if (task === undefined) throw new Error(`status has no ${id}`);
    return task;
  }

  async waitForTask(id: string, state: TaskStateName, timeoutMs = 30_000): Promise<TaskView> {
    let seen: TaskView | null = null;
    const traces = new RunTraces(this.root);
    return waitFor(
      async () => {
        if (!traces.isWorthAsking()) return null;
        seen = await this.task(id);
        return seen.state === state ? seen : null;
      },
      { timeoutMs, what: () => `${id} to be ${state}; it is ${JSON.stringify(seen)}` },
    );
  }

  /** Waits until the run has ended and its lock is released. */
  async waitForRun(state: string, timeoutMs = 30_000): Promise<StatusAnswer> {
    let seen: StatusAnswer | null = null;
    const traces = new RunTraces(this.root);
    return waitFor(
      async () => {
        if (!traces.isWorthAsking()) return null;
        seen = await this.status({ since: 0 }); // all tasks, and no comparing of their branches
        return seen.state === state && seen.supervisor?.alive === false ? seen : null;
      },
      { timeoutMs, what: () => `the run to be ${state}; it is ${JSON.stringify(seen)}` },
    );
  }

  /** Of the task's next agent: writes `<task>.txt`, commits it, says that it is done, ends with 0. Returns the commit. */
  async succeed(task: string): Promise<string> {
    const agent = await this.agents.waitForAgent(task);
    return agent.succeed(`${task}.txt`, `${task}\n`);
  }

  async commitOf(ref: string): Promise<string> {
    return this.repository.git(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return this.repository.git(['merge-base', '--is-ancestor', ancestor, descendant]).then(
      () => true,
      () => false,
    );
  }

  /** Which of the tasks' files (`<task>.txt`) a commit has. */
  async workOn(ref: string): Promise<string[]> {
    const names = await this.repository.git(['ls-tree', '--name-only', ref]);
    return names.split('\n').flatMap((name) => /^(task-\d+)\.txt$/.exec(name)?.[1] ?? []);
  }

  /** Is there such a file on main? */
  async workOnFile(path: string): Promise<boolean> {
    return (await this.repository.git(['ls-tree', '--name-only', 'main', '--', path])) !== '';
  }

  /** The journal of the newest run, as far as it is written. */
  async records(): Promise<{ seq: number; type: string; task?: string | undefined }[]> {
    const { runId = '' } = await this.status();
    const text = await readFile(join(this.root, '.git/o8/runs', runId, 'journal.jsonl'), 'utf8');
    const lines = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .slice(0, -1);
    return lines.map((line) => recordSchema.parse(JSON.parse(line)));
  }

  async execution(): Promise<z.output<typeof executionSchema>> {
    const manifest: unknown = JSON.parse(await readFile(join(this.root, MANIFEST), 'utf8'));
    return z.looseObject({ execution: executionSchema }).parse(manifest).execution;
  }

  /** Everything of the user's that o8 has to leave alone: HEAD, index, files, and the refs that are not o8's. */
  async checkout(): Promise<Readonly<Record<string, string>>> {
    const git = async (...args: string[]) => this.repository.git(['--no-optional-locks', ...args]);
    const refs = await git('for-each-ref', '--format=%(refname) %(objectname)');
    const own = /^refs\/(o8\/|heads\/o8\/|heads\/feature\/)/;
    const files = (await git('ls-files', '-z', '--cached', '--others', '--exclude-standard')).split('\0');
    const contents = createHash('sha256');
    // The manifest has the `execution` block; what is o8's own in `.claude` is not the user's.
    for (const file of files
      .filter((name) => name !== '' && name !== MANIFEST && !name.startsWith('.claude/'))
      .sort()) {
      contents.update(`${file}\0`).update(await readFile(join(this.root, file)));
    }
    return {
      head: await readFile(join(this.root, '.git/HEAD'), 'utf8'),
      index: createHash('sha256')
        .update(await readFile(join(this.root, '.git/index')))
        .digest('hex'),
      files: contents.digest('hex'),
      refs: refs
        .split('\n')
        .filter((line) => !own.test(line))
        .join('\n'),
    };
  }

  async #server(): Promise<McpConnection> {
    this.#connection ??= await this.openServer();
    return this.#connection;
  }
}

const refusalSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    faults: z.array(z.object({ file: z.string(), problem: z.string(), fix: z.string() })).optional(),
  }),
});
export type ToolRefusal = z.output<typeof refusalSchema>['error'];

function planFiles(tasks: readonly TestTask[], manifest: Readonly<Record<string, unknown>>): Record<string, string> {
  const files = tasks.map(({ id, wave, deps = [], more = {}, scope }): [string, string] => [
    `${PLAN_DIR}/tasks/${id}-work.md`,
    taskFile(
      { id, wave, deps: `[${deps.join(', ')}]`, ...more },
      `Write ${id}.txt.\n${scope === undefined ? '' : `\n## Scope\n\n${scope}\n`}`,
    ),
  ]);
  const waves = new Set(tasks.map(({ wave }) => wave)).size;
  const content = {
    tech_spec: { id: 'TS-0042', title: 'Inventory' },
    tasks: { total: tasks.length, waves, files: tasks.map(({ id }) => `tasks/${id}-work.md`) },
    ...manifest,
  };
  return { [MANIFEST]: `${JSON.stringify(content, null, 2)}\n`, ...Object.fromEntries(files) };
}
