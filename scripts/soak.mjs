/**
 * Kills supervisors, shims and agents at random, again and again, continues each run, and checks that nothing was lost.
 *
 *   npm run soak -- [--seed <n>] [--count <kills>]
 *
 * Ends with 1 when a task was lost, ran beside itself, was merged twice, or has a wrong exit code in the journal. Needs
 * dist/ (npm run build). The same seed makes the same choices; when they fall is up to the machine.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const O8 = join(project, 'dist', 'o8.js');
const AGENT = join(project, 'test', 'support', 'agents', 'ledger-agent.mjs');
const PLAN = 'parallel/soak';

/** What a user is promised: from the command that resumes until the run is looked after again. */
const RECOVERY_MS = 2_000;
/** A run of six tasks takes seconds; one that has not ended by then never will. */
const RUN_TIMEOUT_MS = 120_000;
/** Of all kills: so many of a supervisor, and so many of everything at once. */
const SUPERVISORS = 0.4;
const ALL_AT_ONCE = 0.05;
/** Most runs that end before a kill finds anything are of a broken o8. */
const MOST_IDLE_RUNS = 5;

/**
 * Six tasks in two waves. The exit code of a task's agent follows from the task alone.
 * @type {readonly {id: string, wave: number, deps: readonly string[], code: number}[]}
 */
const TASKS = [
  { id: 'task-001', wave: 1, deps: [], code: 0 },
  { id: 'task-002', wave: 1, deps: [], code: 0 },
  { id: 'task-003', wave: 1, deps: [], code: 3 },
  { id: 'task-004', wave: 1, deps: [], code: 0 },
  { id: 'task-005', wave: 2, deps: ['task-001', 'task-002'], code: 0 },
  { id: 'task-006', wave: 2, deps: ['task-004'], code: 77 },
];

/** @typedef {'supervisor' | 'shim' | 'agent'} Victim */
/** @typedef {{kind: Victim, pid: number, attempt: string}} Kill  `attempt` is empty for a supervisor */
/** @typedef {{event: string, task: string, attempt: string, pid: number, alive?: number[], code?: number}} LedgerLine */
/** @typedef {{kind: string, code?: number, signal?: string}} Exit */
/** @typedef {{type: string, task?: string, attempt?: number, attemptId?: string, exit?: Exit, reason?: string}} Event */

const run = promisify(execFile);

class Soak {
  /** @param {number} seed */
  constructor(seed) {
    this.random = generator(seed);
    /** @type {Record<Victim, number>} */
    this.kills = { supervisor: 0, shim: 0, agent: 0 };
    /** @type {number[]} */
    this.recoveries = [];
    this.runs = 0;
    this.attempts = 0;
    this.startedAgain = 0;
    /** @type {string[]} */
    this.violations = [];
  }

  get killed() {
    return this.kills.supervisor + this.kills.shim + this.kills.agent;
  }

  /** @param {number} count */
  async untilKilled(count) {
    let idle = 0;
    while (this.killed < count) {
      const before = this.killed;
      await this.oneRun(count);
      idle = this.killed === before ? idle + 1 : 0;
      if (idle === MOST_IDLE_RUNS) throw new Error('nothing to kill was found in several runs');
    }
  }

  /** @param {number} count */
  async oneRun(count) {
    const scene = await Scene.open(this.random);
    this.runs += 1;
    try {
      await scene.o8('spawn', PLAN, '--yes');
      const kills = await this.killUntilOver(scene, count);
      const { violations, attempts, again } = await scene.judge(kills);
      this.attempts += attempts;
      this.startedAgain += again;
      this.violations.push(...violations.map((violation) => `run ${String(this.runs)}: ${violation}`));
      if (violations.length > 0) console.log(await scene.story());
    } finally {
      await scene.close();
    }
  }

  /**
   * @param {Scene} scene
   * @param {number} count
   */
  async killUntilOver(scene, count) {
    /** @type {Kill[]} */
    const kills = [];
    const deadline = performance.now() + RUN_TIMEOUT_MS;
    while (!(await scene.isOver())) {
      if (performance.now() > deadline) {
        this.violations.push(`run ${String(this.runs)} does not end`);
        return kills;
      }
      if ((await scene.owner()) !== 0) {
        await sleep(50 + this.random() * 600);
        if (this.killed < count) await this.strike(scene, kills);
      } else {
        await this.recover(scene);
      }
    }
    return kills;
  }

  /**
   * Mostly one process; now and then everything at once, as when the machine goes down.
   * @param {Scene} scene
   * @param {Kill[]} kills
   */
  async strike(scene, kills) {
    const found = await scene.victims();
    const chosen = this.random() < ALL_AT_ONCE ? found : this.chooseOne(found);
    for (const victim of chosen) {
      if (!kill(victim.pid)) continue;
      kills.push(victim);
      this.kills[victim.kind] += 1;
    }
  }

  /** @param {Kill[]} found */
  chooseOne(found) {
    const others = found.filter(({ kind }) => kind !== 'supervisor');
    const owner = found.filter(({ kind }) => kind === 'supervisor');
    const from = this.random() < SUPERVISORS ? owner : others;
    return from.slice(pick(this.random, from.length)).slice(0, 1);
  }

  /** @param {Scene} scene */
  async recover(scene) {
    const before = performance.now();
    const resumed = await scene.o8('spawn', '--resume').catch((/** @type {unknown} */ error) => String(error));
    const pid = await scene.reconciled();
    if (pid === null) {
      if (!(await scene.isOver())) this.violations.push(`run ${String(this.runs)} was not resumed: ${resumed}`);
      return;
    }
    this.recoveries.push(performance.now() - before);
  }

  report() {
    const times = this.recoveries.toSorted((a, b) => a - b);
    const at = (/** @type {number} */ share) =>
      `${String(Math.round(times[Math.floor((times.length - 1) * share)] ?? 0))} ms`;
    const late = times.filter((time) => time > RECOVERY_MS).length;
    const { supervisor, shim, agent } = this.kills;
    console.log(`kills: ${supervisor} supervisors, ${shim} shims, ${agent} agents, in ${this.runs} runs`);
    console.log(`agents: ${this.attempts} started, ${this.startedAgain} of them again`);
    console.log(
      `recovery: p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)}; ${late} of ${times.length} over ${RECOVERY_MS} ms`,
    );
    for (const violation of this.violations) console.log(`VIOLATION ${violation}`);
    console.log(this.violations.length === 0 ? 'nothing lost, nothing twice, no wrong exit code' : 'FAILED');
  }
}

/** One repository with one run. */
class Scene {
  /**
   * @param {string} home
   * @param {string} mark
   */
  constructor(home, mark) {
    this.home = home;
    this.mark = mark;
    this.root = join(home, 'repository');
    this.ledgerFolder = join(home, 'ledger');
  }

  /** @param {() => number} random */
  static async open(random) {
    const home = await realpath(await mkdtemp(join(tmpdir(), 'o8-soak-')));
    const scene = new Scene(home, `soak-${String(process.pid)}-${home.slice(-6)}`);
    await mkdir(scene.root);
    await mkdir(scene.ledgerFolder);
    const tasks = TASKS.map(({ id, wave, deps }) => [
      `${PLAN}/tasks/${id}-work.md`,
      `---\nid: ${id}\nwave: ${String(wave)}\ndeps: [${deps.join(', ')}]\n---\n\nWrite ${id}.txt.\n`,
    ]);
    const manifest = { tasks: { total: TASKS.length, waves: 2, files: TASKS.map(({ id }) => `tasks/${id}-work.md`) } };
    for (const [path = '', text = ''] of [...tasks, [`${PLAN}/manifest.json`, JSON.stringify(manifest)]]) {
      await mkdir(dirname(join(scene.root, path)), { recursive: true });
      await writeFile(join(scene.root, path), text);
    }
    await scene.git('-c', 'init.defaultBranch=main', 'init', '--quiet');
    await scene.git('add', '--all');
    await scene.git('-c', 'user.name=Soak', '-c', 'user.email=soak@example.invalid', 'commit', '-qm', 'Plan');
    const settings = { agent: { command: [process.execPath, AGENT, scene.ledgerFolder, '{task}'] }, retries: 0 };
    await mkdir(join(scene.root, '.claude'));
    await writeFile(
      join(scene.root, '.claude/parallel-config.json'),
      JSON.stringify({ ...settings, killAfter: 1, maxConcurrency: 4, minDiskSpaceMB: 1 }),
    );
    for (const { id, code } of TASKS) {
      const job = { code, holdMs: Math.round(300 + random() * 2_000) };
      await writeFile(join(scene.ledgerFolder, `${id}.json`), JSON.stringify(job));
    }
    return scene;
  }

  async close() {
    for (const { pid } of await this.victims()) kill(pid);
    await rm(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  get env() {
    return { PATH: process.env['PATH'] ?? '', HOME: this.home, GIT_CONFIG_NOSYSTEM: '1', SOAK: this.mark };
  }

  /** @param {string[]} args */
  async git(...args) {
    return (await run('git', args, { cwd: this.root, env: this.env })).stdout.trim();
  }

  /** @param {string[]} args */
  async o8(...args) {
    return (await run(process.execPath, [O8, ...args], { cwd: this.root, env: this.env })).stdout;
  }

  /** The pid of the process that owns the run, 0 when nobody does. */
  async owner() {
    const folder = join(this.root, '.git/o8/lock');
    const numbers = (await readdir(folder)).flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
    const highest = await readJson(join(folder, `${String(Math.max(...numbers))}.json`));
    return highest?.kind === 'held' && (await isAlive(highest.process.pid)) ? Number(highest.process.pid) : 0;
  }

  /** @returns {Promise<string>} folder of the run */
  async runFolder() {
    const runs = join(this.root, '.git/o8/runs');
    const [only] = (await readdir(runs)).filter((name) => !name.startsWith('.'));
    if (only === undefined) throw new Error('there is no run');
    return join(runs, only);
  }

  /** @returns {Promise<Event[]>} */
  async events() {
    const text = await readFile(join(await this.runFolder(), 'journal.jsonl'), 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** Finished, and let go by its owner (or the owner fell when there was nothing left to do). */
  async isOver() {
    const events = await this.events();
    return events.some(({ type }) => type === 'run_finished') && (await this.owner()) === 0;
  }

  /**
   * Waits until the owner has looked at everything once, which it publishes; null when there is no owner any more.
   * @returns {Promise<number | null>}
   */
  async reconciled() {
    for (;;) {
      const pid = await this.owner();
      if (pid === 0) return null;
      const queue = await readJson(join(this.root, '.claude/parallel-queue.json'));
      if (queue?.supervisor?.pid === pid) return pid;
      await sleep(5);
    }
  }

  /** Everything of the run that is alive now. */
  async victims() {
    /** @type {Kill[]} */
    const found = [];
    const owner = existsSync(join(this.root, '.git/o8/lock')) ? await this.owner() : 0;
    if (owner !== 0) found.push({ kind: 'supervisor', pid: owner, attempt: '' });
    const tasks = existsSync(join(this.root, '.git/o8/runs')) ? join(await this.runFolder(), 'tasks') : null;
    for (const task of tasks === null ? [] : await list(tasks)) {
      for (const attempt of await list(join(tasks ?? '', task))) {
        const folder = join(tasks ?? '', task, attempt);
        const id = String((await readJson(join(folder, 'spec.json')))?.attemptId ?? '');
        const shim = Number((await readJson(join(folder, 'claim.json')))?.shim?.pid ?? 0);
        const agent = Number((await readJson(join(folder, 'agent.json')))?.agent?.pid ?? 0);
        if (existsSync(join(folder, 'exit.json'))) continue; // over: its pids may be somebody else's by now
        if (shim !== 0 && (await isAlive(shim))) found.push({ kind: 'shim', pid: shim, attempt: id });
        if (agent !== 0 && (await isAlive(agent))) found.push({ kind: 'agent', pid: agent, attempt: id });
      }
    }
    return found;
  }

  /** @returns {Promise<LedgerLine[]>} */
  async ledger() {
    const path = join(this.ledgerFolder, 'ledger.jsonl');
    if (!existsSync(path)) return [];
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line));
  }

  /**
   * Holds the journal against what the agents wrote down themselves and against what was killed.
   * @param {Kill[]} kills
   */
  async judge(kills) {
    const events = await this.events();
    const ledger = await this.ledger();
    const starts = ledger.filter(({ event }) => event === 'start');
    /** @type {string[]} */
    const violations = [];
    for (const { task, alive = [] } of starts) {
      if (alive.length > 0) violations.push(`${task} ran beside itself (pid ${alive.join(', ')})`);
    }
    for (const { attempt } of starts.filter(
      (line, index) => starts.findIndex((other) => other.attempt === line.attempt) < index,
    )) {
      violations.push(`attempt ${attempt} started twice`);
    }
    const runId = (await this.runFolder()).split('/').at(-1) ?? '';
    /** @type {Map<string, Exit>} */
    const ends = new Map(
      events.flatMap(({ type, task, attempt, exit }) =>
        type === 'attempt_ended' && exit !== undefined
          ? [/** @type {[string, Exit]} */ ([`${runId}.${task ?? ''}.${String(attempt)}`, exit])]
          : [],
      ),
    );
    for (const { attempt } of starts)
      if (!ends.has(attempt)) violations.push(`${attempt}: its end is not in the journal`);
    for (const [attempt, exit] of ends) {
      violations.push(...wrongExit(attempt, exit, ledger, kills));
    }
    violations.push(...(await this.wrongStates(kills)), ...(await this.wrongMerges(events)));
    const again = starts.length - new Set(starts.map(({ task }) => task)).size;
    return { violations, attempts: starts.length, again };
  }

  /**
   * @param {Kill[]} kills
   */
  async wrongStates(kills) {
    const status = JSON.parse(await this.o8('status', '--json'));
    /** @type {Map<string, {state: string, reason?: string}>} */
    const states = new Map(status.tasks.map((/** @type {{id: string}} */ task) => [task.id, task]));
    return TASKS.flatMap(({ id, code, deps }) => {
      const { state = 'missing', reason = '' } = states.get(id) ?? {};
      const hit = (/** @type {Victim} */ kind) =>
        kills.filter((one) => one.kind === kind && one.attempt.includes(`.${id}.`)).length;
      const needed = deps.every((dep) => states.get(dep)?.state === 'complete');
      const right =
        (state === 'complete' && code === 0) ||
        (state === 'failed' && code !== 0 && reason === `exit_${String(code)}`) ||
        (state === 'failed' && reason === 'signal_SIGKILL' && hit('agent') > 0) ||
        (state === 'failed' && reason === 'lost' && hit('shim') >= 3) ||
        (state === 'blocked' && !needed);
      return right ? [] : [`${id} is ${state} ${reason}, its agent ends with ${String(code)}`];
    });
  }

  /** @param {Event[]} events */
  async wrongMerges(events) {
    const runId = (await this.runFolder()).split('/').at(-1) ?? '';
    const target = `o8/${runId}`;
    const subjects = (await this.git('log', '--no-merges', '--format=%s', target)).split('\n');
    const parents = (await this.git('log', '--merges', '--format=%P', target))
      .split('\n')
      .filter((line) => line !== '');
    const merged = parents.map((line) => line.split(' ')[1]);
    const files = (await this.git('ls-tree', '--name-only', target)).split('\n');
    const twice = merged
      .filter((parent, index) => merged.indexOf(parent) < index)
      .map((parent) => `${parent ?? ''} was merged twice`);
    return TASKS.flatMap(({ id }) => {
      const complete = events.filter(({ type, task }) => type === 'task_merged' && task === id).length;
      const commits = subjects.filter((subject) => subject === `${id}: work`).length;
      const there = files.includes(`${id}.txt`);
      if (complete > 1) return [`${id} was recorded as merged ${String(complete)} times`];
      return commits === complete && there === (complete === 1)
        ? []
        : [`${id}: ${String(commits)} commits on ${target}`];
    }).concat(twice);
  }

  /** What somebody who looks for the cause wants to read. */
  async story() {
    const log = await readFile(join(await this.runFolder(), 'supervisor.log'), 'utf8');
    const lines = [...(await this.events()), ...(await this.ledger())].map((line) => JSON.stringify(line));
    return [...lines, log].join('\n');
  }
}

/**
 * @param {string} attempt
 * @param {Exit} exit
 * @param {LedgerLine[]} ledger
 * @param {Kill[]} kills
 */
function wrongExit(attempt, exit, ledger, kills) {
  const task = TASKS.find(({ id }) => attempt.includes(`.${id}.`));
  const said = ledger.find((line) => line.event === 'end' && line.attempt === attempt)?.code;
  const killed = (/** @type {Victim} */ kind) => kills.some((one) => one.kind === kind && one.attempt === attempt);
  switch (exit.kind) {
    case 'exited':
      return exit.code === task?.code && said === exit.code
        ? []
        : [`${attempt}: journal ${String(exit.code)}, agent ${String(said)}`];
    case 'signalled':
      return exit.signal === 'SIGKILL' && killed('agent')
        ? []
        : [`${attempt}: ended by ${String(exit.signal)}, which nobody sent`];
    case 'unknown':
      // A shim may be killed before it is known as one, by its supervisor's own end.
      return killed('shim') || said === undefined
        ? []
        : [`${attempt}: its end is unknown, although its shim was left alone`];
    default:
      return [`${attempt}: ${exit.kind}`];
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false; // it was faster
  }
}

/**
 * A process that nobody has collected yet (a zombie) is dead.
 * @param {number} pid
 */
async function isAlive(pid) {
  if (existsSync('/proc/self/stat')) {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
    return stat !== '' && !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  }
  const state = await run('ps', ['-o', 'stat=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  return state !== '' && !state.startsWith('Z');
}

/**
 * Null when there is no such file, which the others write whole or not at all.
 * @param {string} path
 */
async function readJson(path) {
  return existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : null;
}

/** @param {string} folder */
async function list(folder) {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/**
 * @param {() => number} random
 * @param {number} length
 */
function pick(random, length) {
  return Math.min(length - 1, Math.floor(random() * length));
}

/**
 * Numbers from 0 to 1 that follow from the seed (mulberry32).
 * @param {number} seed
 */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    count: { type: 'string', default: '300' },
  },
});
console.log(`soak --seed ${values.seed} --count ${values.count}`);
const soak = new Soak(Number(values.seed));
await soak.untilKilled(Number(values.count));
soak.report();
process.exitCode = soak.violations.length === 0 ? 0 : 1;
