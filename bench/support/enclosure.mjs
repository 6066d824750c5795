/**
 * Runs programs so that the processor time of every process they start is counted, also of those that leave their
 * parent: o8's supervisor and shims are detached.
 *
 * On Linux a control group counts (version 2, or `cpuacct` of version 1, where one can be made). Where none can be made,
 * `subreaper.py` adopts what is detached and adds it up. Elsewhere processor time is not counted.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * `cpuMs`: user and system, of all processes; null where it cannot be counted. `others`: processor cores that other
 * programs of the machine used meanwhile, null where unknown.
 * @typedef {{wallMs: number, cpuMs: number | null, others: number | null, code: number | null, stdout: string, stderr: string}} Cost
 * @typedef {{cwd: string, env: NodeJS.ProcessEnv}} Where
 * @typedef {{kind: 'group', parent: string, version: 1 | 2} | {kind: 'subreaper'} | {kind: 'none'}} Counter
 */

/** Longer than a supervisor looks after what its run has left. */
const MOST_TAIL_MS = 60_000;
const LOOK_MS = 2;
const TICK_MS = 10;
const SUBREAPER = fileURLToPath(new URL('subreaper.py', import.meta.url));
const ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"';

/** @type {Counter | null} */
let known = null;
let made = 0;

/** @returns {Counter} */
export function counter() {
  known ??= groupParents().find(canBeUsed) ?? (hasPython() ? { kind: 'subreaper' } : { kind: 'none' });
  return known;
}

/**
 * Runs a program to its end, and waits until all it has started has ended; `wallMs` is until the program itself ended.
 * @param {readonly string[]} command
 * @param {Where} where
 * @returns {Promise<Cost>}
 */
export async function measured(command, where) {
  const used = counter();
  if (used.kind === 'group') {
    const group = new Group(used);
    try {
      const before = busyMs();
      const from = performance.now();
      const end = await ended(group.spawn(command, where));
      const wallMs = performance.now() - from;
      await group.emptied();
      const cpuMs = group.cpuMs();
      return { ...end, wallMs, cpuMs, others: othersSince(before, from, cpuMs) };
    } finally {
      await group.close();
    }
  }
  const from = performance.now();
  if (used.kind === 'none') {
    const end = await ended(start(command, where));
    return { ...end, wallMs: performance.now() - from, cpuMs: null, others: null };
  }
  const before = busyMs();
  const end = await ended(start(['python3', SUBREAPER, ...command], where));
  const [, wall = '', cpu = ''] = /\n?subreaper: (\S+) ms, cpu (\S+) ms\n$/.exec(end.stderr) ?? [];
  const cpuMs = Number(cpu);
  return { ...end, wallMs: Number(wall), cpuMs, others: othersSince(before, from, cpuMs) };
}

/** A control group of processes that go on; ends them when it is closed. */
export class Group {
  /** @param {Extract<Counter, {kind: 'group'}>} within */
  constructor({ parent, version }) {
    made += 1;
    this.version = version;
    this.folder = join(parent, `o8-bench-${process.pid}-${made}`);
    mkdirSync(this.folder);
  }

  /**
   * @param {readonly string[]} command
   * @param {Where} where
   */
  spawn(command, where) {
    return start(['/bin/sh', '-c', ENTER, this.folder, ...command], where);
  }

  /** Of all processes that are or were in the group. */
  cpuMs() {
    if (this.version === 1) return Number(readFileSync(join(this.folder, 'cpuacct.usage'), 'utf8')) / 1e6;
    const [, micro = '0'] = /^usage_usec (\d+)$/m.exec(readFileSync(join(this.folder, 'cpu.stat'), 'utf8')) ?? [];
    return Number(micro) / 1e3;
  }

  /** @returns {number[]} */
  pids() {
    return readFileSync(join(this.folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  }

  /** Waits until no process of the group is left. */
  async emptied() {
    const deadline = performance.now() + MOST_TAIL_MS;
    while (this.pids().length > 0) {
      if (performance.now() > deadline) throw new Error(`still running: ${this.pids().join(', ')}`);
      await sleep(LOOK_MS);
    }
  }

  async close() {
    for (;;) {
      for (const pid of this.pids()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it has ended by itself
        }
      }
      try {
        rmdirSync(this.folder);
        return;
      } catch {
        await sleep(TICK_MS); // the last processes are still ending
      }
    }
  }
}

/**
 * A group for processes that go on, or null where none can be made.
 * @returns {Group | null}
 */
export function openGroup() {
  const used = counter();
  return used.kind === 'group' ? new Group(used) : null;
}

/**
 * @param {readonly string[]} command
 * @param {Where} where
 */
function start([program = '', ...args], where) {
  return spawn(program, args, { ...where, stdio: ['pipe', 'pipe', 'pipe'] });
}

/**
 * @param {import('node:child_process').ChildProcessWithoutNullStreams} child
 * @returns {Promise<{code: number | null, stdout: string, stderr: string}>}
 */
async function ended(child) {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => (stderr += text));
  child.stdin.end();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // Not `close`: what a detached process still holds open must not delay the measurement.
    child.on('exit', (code) => setImmediate(() => resolve({ code, stdout, stderr })));
  });
}

/** @returns {Extract<Counter, {kind: 'group'}>[]} */
function groupParents() {
  /** @type {Extract<Counter, {kind: 'group'}>[]} */
  const found = [];
  for (const line of readLines('/proc/self/cgroup')) {
    const [, controllers = '', path = '/'] = line.split(':');
    if (controllers === '') {
      found.push({ kind: 'group', version: 2, parent: join('/sys/fs/cgroup', path) });
      found.push({ kind: 'group', version: 2, parent: join('/sys/fs/cgroup/unified', path) });
    } else if (controllers.split(',').includes('cpuacct')) {
      found.push({ kind: 'group', version: 1, parent: join('/sys/fs/cgroup/cpuacct', path) });
      found.push({ kind: 'group', version: 1, parent: join('/sys/fs/cgroup', controllers, path) });
    }
  }
  return found;
}

/** @param {Extract<Counter, {kind: 'group'}>} parent */
function canBeUsed(parent) {
  let group;
  try {
    group = new Group(parent);
  } catch {
    return false; // no such hierarchy, or not ours to write
  }
  const { status } = spawnSync('/bin/sh', ['-c', ENTER, group.folder, 'true']);
  try {
    const counts = status === 0 && group.cpuMs() > 0;
    rmdirSync(group.folder);
    return counts;
  } catch {
    return false;
  }
}

function hasPython() {
  return process.platform === 'linux' && spawnSync('python3', ['-c', 'import ctypes, resource']).status === 0;
}

/** Of all processors since the machine was started; null where it cannot be read. */
function busyMs() {
  const [total] = readLines('/proc/stat');
  if (total === undefined) return null;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = total.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softIrq) * TICK_MS;
}

/**
 * @param {number | null} before
 * @param {number} from
 * @param {number} own
 */
function othersSince(before, from, own) {
  const after = busyMs();
  if (before === null || after === null) return null;
  return Math.max(0, (after - before - own) / (performance.now() - from));
}

/** @param {string} path */
function readLines(path) {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return []; // not Linux
  }
}
