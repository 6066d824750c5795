import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Failpoint } from '../../../src/core/base/failpoint.js';
import type { AttemptExit, JournalRecord } from '../../../src/core/run/events.js';
import { readLock } from '../../../src/store/lock/lock-state.js';
import { processProbe } from '../../../src/process/trees/identify-process.js';
import { runHome, type RunHome } from '../../../src/store/files/paths.js';
import { listRuns } from '../../../src/store/runs/runs.js';
import { catalogue } from '../../../src/tools/catalogue.js';
import { loadRun } from '../../../src/tools/context/load-run.js';
import type { LoadedRun } from '../../../src/tools/context/run-files.js';
import { CliProcess, type CliResult } from '../programs/cli.js';
import { MarkedProcesses } from '../programs/marked-processes.js';
import { taskFile } from '../runs/plan-folder.js';
import { createRepository, excludeSettings, type TestRepository } from '../git/repository.js';
import { waitFor } from '../waiting/wait-for.js';

export const PLAN_DIR = 'parallel/plan';
const AGENT = resolve(import.meta.dirname, '../agents/ledger-agent.mjs');
/** A run of three tasks takes two seconds on an idle machine. */
const RUN_TIMEOUT_MS = 60_000;
/** Processes that are still running after this time will not end. */
const ENDING_MS = 10_000;
/** Polling costs CPU time, which the concurrent runs need. */
const OWNER_POLL_MS = 40;
/** Git may still be at work for a supervisor that was killed, so that a landing has to be asked for again. */
const MOST_LANDINGS = 20;

const ledgerLineSchema = z.object({
  event: z.enum(['start', 'end']),
  task: z.string(),
  attempt: z.string(),
  pid: z.number(),
  alive: z.array(z.number()).optional(),
  code: z.number().optional(),
});
export type LedgerLine = z.output<typeof ledgerLineSchema>;

/** What `ledger-agent.mjs` is to do for a task. */
export interface Job {
  readonly holdMs?: number;
  readonly code?: number;
  readonly leftovers?: boolean;
  /** File in the ledger's folder. */
  readonly waitFor?: string;
  /** Committed as `shared.txt`. */
  readonly shared?: string;
  /** A further file that is committed, with this content. */
  readonly also?: { readonly path: string; readonly content: string };
}

export interface FaultTask {
  readonly id: string;
  readonly wave: number;
  readonly deps?: readonly string[];
  readonly more?: Readonly<Record<string, string | number>>;
  readonly job?: Job;
}

/** Two waves. Between them they need everything a good run does: leftovers, included files, `verify`, a merge commit. */
export const THREE_TASKS: readonly FaultTask[] = [
  { id: 'task-001', wave: 1, job: { leftovers: true } },
  { id: 'task-002', wave: 1, more: { verify: 'test -f task-002.txt' } },
  { id: 'task-003', wave: 2, deps: ['task-001', 'task-002'] },
];

/** The first process that reaches this failpoint for the n-th time kills itself there. */
export interface Fault {
  readonly at: Failpoint;
  readonly n: number;
}

/** The environment of everything a test starts, and which of the faults in it have not happened yet. */
export interface Armed {
  readonly env: Readonly<Record<string, string>>;
  readonly pending: () => Fault[];
}

/** A repository with a plan, uncommitted work of the user's in its checkout, and agents that keep a ledger. */
export class FaultRun {
  readonly #processes = new MarkedProcesses();
  readonly #armed: Armed[] = [];
  /** What `spawn` runs. */
  selection: Readonly<Record<string, unknown>> = { dir: PLAN_DIR };
  /** More of what the outcome has. */
  more: () => Promise<readonly string[]> = () => Promise.resolve([]);
  #faults = 0;

  private constructor(
    readonly repository: TestRepository,
    readonly tasks: readonly FaultTask[],
    /** Ids of the user's own commits. */
    readonly noted: { readonly stash: string; readonly own: string },
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  static async open(
    tasks: readonly FaultTask[] = THREE_TASKS,
    settings: Readonly<Record<string, unknown>> = {},
    /** Gives the repository more before the user works in it; returns environment variables for everything. */
    attach: (repository: TestRepository) => Promise<Readonly<Record<string, string>>> = () => Promise.resolve({}),
  ): Promise<FaultRun> {
    const repository = await createRepository({
      files: { 'README.md': '# Shop\n', '.gitignore': '.env\n', '.worktreeinclude': '.env\n' },
    });
    await repository.commit('Plan', planFiles(tasks));
    const variables = await attach(repository);
    const run = new FaultRun(repository, tasks, await leaveUsersWork(repository), variables);
    await mkdir(run.folder);
    await mkdir(run.#temporary);
    for (const { id, job = {} } of tasks) await run.assign(id, job);
    const command = [process.execPath, AGENT, run.folder, '{task}'];
    // As o8 itself leaves it out of git: settings in a commit are the repository's, and need consent.
    await excludeSettings(repository);
    await repository.write(
      '.claude/parallel-config.json',
      JSON.stringify({ agent: { command }, retries: 0, killAfter: 1, minDiskSpaceMB: 1, ...settings }),
    );
    return run;
  }

  /** Further settings. */
  async configure(settings: Readonly<Record<string, unknown>>): Promise<void> {
    const path = '.claude/parallel-config.json';
    const before = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(join(this.root, path), 'utf8')));
    await this.repository.write(path, JSON.stringify({ ...before, ...settings }));
  }

  get root(): string {
    return this.repository.root;
  }

  /** Of the ledger, outside of the repository. */
  get folder(): string {
    return join(dirname(this.root), 'ledger');
  }

  get #temporary(): string {
    return join(this.folder, 'tmp');
  }

  async close(): Promise<void> {
    try {
      await this.#processes.kill();
    } finally {
      await this.repository.remove();
    }
  }

  async assign(task: string, job: Job): Promise<void> {
    await writeFile(join(this.folder, `${task}.json`), JSON.stringify(job));
  }

  arm(faults: readonly Fault[]): Armed {
    const points = faults.map((fault) => ({
      fault,
      file: join(this.folder, `fault-${String((this.#faults += 1))}`),
    }));
    const specs = points.map(({ fault: { at, n }, file }) => `${at}:${String(n)}@${file}`).join(',');
    const armed = {
      env: { ...this.environment, ...(specs === '' ? {} : { O8_FAILPOINT: specs }) },
      pending: () => points.filter(({ file }) => !existsSync(file)).map(({ fault }) => fault),
    };
    this.#armed.push(armed);
    return armed;
  }

  /** Of all faults that were ever armed, those that have not happened. */
  pending(): Fault[] {
    return this.#armed.flatMap((armed) => armed.pending());
  }

  /** Of everything the test starts. */
  get environment(): Readonly<Record<string, string>> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: dirname(this.root),
      TMPDIR: this.#temporary, // whoever is killed leaves files there
      GIT_CONFIG_NOSYSTEM: '1',
      ...this.variables,
      ...this.#processes.environment,
    };
  }

  /** How often a process reaches each failpoint, of several the most; `env` makes them say so. */
  trace(): {
    readonly env: Readonly<Record<string, string>>;
    readonly hits: () => Promise<ReadonlyMap<string, number>>;
  } {
    const file = join(this.folder, `trace-${String((this.#faults += 1))}`);
    const hits = async () => {
      const lines = (await readText(file)).split('\n').filter((line) => line !== '');
      const most = new Map<string, number>();
      for (const line of new Set(lines)) {
        const name = line.slice(line.indexOf(' ') + 1);
        most.set(name, Math.max(most.get(name) ?? 0, lines.filter((other) => other === line).length));
      }
      return most;
    };
    return { env: { ...this.environment, O8_FAILPOINT: `*@${file}` }, hits };
  }

  /** Calls a tool in this process, which is never killed at a failpoint. */
  async call(
    tool: string,
    input: Readonly<Record<string, unknown>>,
    env = this.environment,
  ): Promise<Record<string, unknown>> {
    const entry = catalogue.find(({ name }) => name === tool);
    if (entry === undefined) throw new Error(`no tool ${tool}`);
    return entry.call(input, { cwd: this.root, env, now: () => new Date(), reader: 'terminal' });
  }

  async o8(env: Readonly<Record<string, string>>, ...args: string[]): Promise<CliResult> {
    return new CliProcess(args, { cwd: this.root, env }).ended;
  }

  async spawn(env = this.environment, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.call('spawn', { ...this.selection, skipPreflight: true, ...more }, env);
  }

  async resume(env = this.environment): Promise<void> {
    await this.call('spawn', { resume: true }, env);
  }

  get #home(): RunHome {
    return runHome({ commonDir: join(this.root, '.git'), root: this.root });
  }

  /** The newest run, null when there is none. */
  async load(): Promise<LoadedRun | null> {
    const [newest] = await listRuns(this.#home);
    return newest === undefined ? null : loadRun(this.#home, newest);
  }

  /** Waits until the run has no supervisor: it has ended, or its supervisor was killed. */
  async untilUnowned(): Promise<LoadedRun> {
    const deadline = performance.now() + RUN_TIMEOUT_MS;
    while ((await readLock(this.#home, processProbe)).kind === 'held') {
      if (performance.now() > deadline) throw new Error(`the run in ${this.root} does not end\n${await this.logs()}`);
      await sleep(OWNER_POLL_MS);
    }
    const run = await this.load();
    if (run === null) throw new Error(`there is no run in ${this.root}`);
    return run;
  }

  /**
   * Continues the run, as often as needed, until it has ended without being killed. Each supervisor may be killed once
   * for each fault that is armed, and never without one.
   */
  async finish({ env, pending } = this.arm([])): Promise<void> {
    for (;;) {
      const before = pending().length;
      const owned = await this.#goOn(env).then(
        () => null,
        (error: unknown) => error,
      );
      const run = await this.load();
      if (run !== null && (await this.untilUnowned()).state.phase.kind === 'finished') return;
      if (pending().length === before) {
        throw new Error(`the run stopped without a fault: ${String(owned)}\n${await this.logs()}`);
      }
    }
  }

  async #goOn(env: Readonly<Record<string, string>>): Promise<void> {
    const run = await this.load();
    if (run === null) return this.spawn(env);
    if (!run.ownerAlive && run.state.phase.kind !== 'finished') return this.resume(env);
  }

  /**
   * Lands the work on main. A supervisor that is killed is replaced by the tool itself; one killed in its last step
   * leaves its lock to the next command.
   */
  async land(armed: Pick<Armed, 'env' | 'pending'> = this.arm([])): Promise<void> {
    await this.#merge(armed);
    if ((await readLock(this.#home, processProbe)).kind === 'stale') await this.#merge(this.arm([]));
  }

  /**
   * After answering, the supervisor releases its lock or is killed, with a slow disk seconds later. One that
   * is killed while it starts is an error for the caller, who then tries again.
   */
  async #merge({ env, pending }: Pick<Armed, 'env' | 'pending'>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const before = pending().length;
      const asked = await this.call('merge', {}, env).catch((error: unknown) => ({ error }));
      await this.untilUnowned();
      if ('error' in asked) {
        if (pending().length === before) throw asked.error;
        continue;
      }
      const { landing } = landingSchema.parse(asked);
      if (landing.kind !== 'held') return;
      if (tries === MOST_LANDINGS) throw new Error(`nothing landed: ${JSON.stringify(landing)}`);
    }
  }

  /** Until the task's agent runs and has changed a file. */
  async untilStarted(task: string): Promise<void> {
    const file = join(dirname(this.root), 'workspaces', task, `${task}.txt`);
    await waitFor(() => existsSync(file), { timeoutMs: RUN_TIMEOUT_MS, what: `the agent of ${task}` });
  }

  /** SIGKILL to the supervisor. */
  async killOwner(): Promise<void> {
    const run = await this.load();
    if (run?.ownerPid === null || run?.ownerPid === undefined) throw new Error('nobody owns the run');
    process.kill(run.ownerPid, 'SIGKILL');
    await this.untilUnowned();
  }

  /** A file in the run's folder. */
  async file(name: string): Promise<string> {
    const run = await this.load();
    if (run === null) throw new Error('no run');
    return join(this.root, '.git/o8/runs', run.plan.runId, name);
  }

  async records(): Promise<readonly JournalRecord[]> {
    return (await this.load())?.records ?? [];
  }

  async ledger(): Promise<LedgerLine[]> {
    return (await readText(join(this.folder, 'ledger.jsonl')))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ledgerLineSchema.parse(JSON.parse(line)));
  }

  /**
   * What is wrong with how often agents ran; nothing when each task's agent ended well exactly once and no two of a
   * task ever ran side by side. `strict`: none was lost either, so that none may have started twice.
   */
  async wrongStarts(strict: boolean): Promise<string[]> {
    const lines = await this.ledger();
    const records = await this.records();
    return this.tasks.flatMap(({ id }) => {
      const starts = lines.filter(({ task, event }) => task === id && event === 'start');
      const ends = lines.filter(({ task, event }) => task === id && event === 'end');
      const good = records.filter(
        ({ event }) => event.type === 'attempt_ended' && event.task === id && isGood(event.exit),
      );
      const attempts = new Set(good.map(({ event }) => (event.type === 'attempt_ended' ? event.attempt : 0)));
      return [
        ...(starts.some(({ alive = [] }) => alive.length > 0) ? [`${id} ran beside itself`] : []),
        ...(ends.every(({ code }) => code === 0) ? [] : [`${id} ended with ${ends.map(({ code }) => code).join()}`]),
        ...(attempts.size === 1 ? [] : [`${id} has ${String(attempts.size)} good ends in the journal`]),
        ...(ends.length > 0 ? [] : [`${id} never ended`]),
        ...(strict && starts.length !== 1 ? [`${id} started ${String(starts.length)} times`] : []),
      ];
    });
  }

  /** Information for a failed test. */
  async logs(): Promise<string> {
    const run = await this.load();
    if (run === null) return 'no run';
    const log = await readText(join(this.root, '.git/o8/runs', run.plan.runId, 'supervisor.log'));
    const records = run.records.map(({ seq, event }) => `${String(seq)} ${JSON.stringify(event)}`);
    return [...records, log, JSON.stringify(await this.ledger())].join('\n');
  }

  /** Everything by which two runs of the same plan can be compared, without ids of commits and runs. */
  async outcome(): Promise<Outcome> {
    const run = await this.untilUnowned();
    const { base } = run.plan;
    const anonymous = (text: string): string => text.replaceAll(/\d{8}-\d{6}-[0-9a-f]{4}/g, '<run>');
    const git = async (...args: string[]) => this.repository.git(['--no-optional-locks', ...args]);
    const lines = async (...args: string[]) => (await git(...args)).split('\n').filter((line) => line !== '');
    const merges = await lines('log', '--merges', '--format=%P', `${base.commit}..main`);
    const subjects = await lines('log', '--no-merges', '--format=%s', `${base.commit}..main`);
    const names = await lines('for-each-ref', '--format=%(refname)');
    return {
      phase: run.state.phase.kind === 'finished' ? run.state.phase.state : run.state.phase.kind,
      tasks: [...run.state.tasks.values()].map(({ id, state }) => `${id} ${state.state}`),
      tree: await git('rev-parse', 'main^{tree}'),
      commits: subjects.map(anonymous).sort(),
      mergedTwice: duplicates(merges.map((parents) => parents.split(' ')[1] ?? '')),
      notMerged: await this.#notMerged(),
      refs: names.map(anonymous).sort(),
      worktrees: (await lines('worktree', 'list', '--porcelain'))
        .filter((line) => line.startsWith('worktree '))
        .map((line) => relative(dirname(this.root), line.slice('worktree '.length))),
      beside: (await readdir(dirname(this.root))).concat(await entries(join(dirname(this.root), 'workspaces'))).sort(),
      locks: await this.#locks(),
      processes: await this.#processesLeft(),
      user: await this.#usersWork(),
      more: await this.more(),
    };
  }

  /** A supervisor lets go of its lock a moment before it ends. */
  async #processesLeft(): Promise<number[]> {
    const deadline = performance.now() + ENDING_MS;
    for (;;) {
      const left = await this.#processes.pids();
      if (left.length === 0 || performance.now() > deadline) return left;
      await sleep(OWNER_POLL_MS);
    }
  }

  async #notMerged(): Promise<string[]> {
    const branches = await this.repository.git(['branch', '--list', 'feature/*', 'agent/*', '--no-merged', 'main']);
    return branches === '' ? [] : branches.split('\n').map((line) => line.trim());
  }

  /** Locks of active processes: the run's, the critical section's, git's. */
  async #locks(): Promise<string[]> {
    const { kind } = await readLock(this.#home, processProbe);
    const files = await readdir(join(this.root, '.git'), { recursive: true });
    const git = files.filter((name) => name.endsWith('.lock') || name.endsWith('o8-fast-forward.json'));
    const mirror = existsSync(join(this.root, '.claude/parallel.lock')) ? ['parallel.lock'] : [];
    return [...(kind === 'free' ? [] : [`run: ${kind}`]), ...mirror, ...git];
  }

  async #usersWork(): Promise<Readonly<Record<string, string>>> {
    const git = async (...args: string[]) => this.repository.git(['--no-optional-locks', ...args]);
    const status = await git('status', '--porcelain=v1', '--untracked-files=all');
    const read = async (path: string) => readFile(join(this.root, path), 'utf8');
    return {
      head: await read('.git/HEAD'),
      status: status
        .split('\n')
        .filter((line) => !line.includes('manifest.json'))
        .join('\n'),
      changed: await read('README.md'),
      staged: await git('show', ':staged.txt'),
      untracked: await read('notes.txt'),
      ignored: await read('.env'),
      stash: (await git('stash', 'list', '--format=%H')) === this.noted.stash ? 'unchanged' : 'changed',
      config: digest(await read('.git/config')),
      hook: await read('.git/hooks/pre-push'),
      own: (await git('rev-parse', 'mine', 'v1')) === this.noted.own ? 'unchanged' : 'changed',
    };
  }
}

export interface Outcome {
  readonly phase: string;
  readonly tasks: readonly string[];
  readonly tree: string;
  readonly commits: readonly string[];
  readonly mergedTwice: readonly string[];
  readonly notMerged: readonly string[];
  readonly refs: readonly string[];
  readonly worktrees: readonly string[];
  readonly beside: readonly string[];
  readonly locks: readonly string[];
  readonly processes: readonly number[];
  readonly user: Readonly<Record<string, string>>;
  readonly more: readonly string[];
}

function isGood(exit: AttemptExit): boolean {
  return exit.kind === 'exited' && exit.code === 0;
}

const landingSchema = z.looseObject({ landing: z.looseObject({ kind: z.string() }) });

/** Uncommitted, staged, untracked, ignored and stashed changes, a branch, a tag, a setting and a hook. */
async function leaveUsersWork(repository: TestRepository): Promise<{ stash: string; own: string }> {
  await repository.write('.env', 'SECRET=1\n');
  await repository.write('README.md', '# Stashed\n');
  await repository.git(['stash', 'push', '--quiet']);
  await repository.write('README.md', '# Shop, being changed\n');
  await repository.write('staged.txt', 'staged\n');
  await repository.git(['add', 'staged.txt']);
  await repository.write('notes.txt', 'untracked\n');
  await repository.git(['branch', 'mine']);
  await repository.git(['tag', 'v1']);
  await repository.git(['config', 'shop.key', 'value']);
  await repository.write('.git/hooks/pre-push', '#!/bin/sh\nexit 1\n');
  const stash = await repository.git(['stash', 'list', '--format=%H']);
  return { stash, own: await repository.git(['rev-parse', 'mine', 'v1']) };
}

function planFiles(tasks: readonly FaultTask[]): Record<string, string> {
  const files = tasks.map(({ id, wave, deps = [], more = {} }): [string, string] => [
    `${PLAN_DIR}/tasks/${id}-work.md`,
    taskFile({ id, wave, deps: `[${deps.join(', ')}]`, ...more }, `Write ${id}.txt.\n`),
  ]);
  const manifest = {
    tech_spec: { id: 'TS-0001', title: 'Faults' },
    tasks: {
      total: tasks.length,
      waves: new Set(tasks.map(({ wave }) => wave)).size,
      files: tasks.map(({ id }) => `tasks/${id}-work.md`),
    },
  };
  return { [`${PLAN_DIR}/manifest.json`]: `${JSON.stringify(manifest, null, 2)}\n`, ...Object.fromEntries(files) };
}

function duplicates(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

async function entries(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  return (await readdir(folder)).map((name) => join(relative(dirname(folder), folder), name));
}

async function readText(path: string): Promise<string> {
  return existsSync(path) ? readFile(path, 'utf8') : '';
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
