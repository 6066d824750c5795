import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openGroup } from './enclosure.mjs';
import { o8, PLAN, plannedRepository } from './plan.mjs';
import { scriptOf } from './project.mjs';

const MOST_WAIT_MS = 300_000;
const LOOK_MS = 20;

/** A run whose agents have committed and wait until they are told to end. */
export class StandingRun {
  /**
   * @param {Awaited<ReturnType<typeof plannedRepository>>} planned
   * @param {string} told  where the agents wait
   */
  constructor({ root, ids, where }, told) {
    this.root = root;
    this.ids = ids;
    this.where = where;
    this.told = told;
    this.group = openGroup();
  }

  /**
   * `follow`: started with `o8 run`, which keeps following it.
   * @param {string} folder
   * @param {{tasks: number, slots: number, files: number, follow?: boolean, deps?: (id: string) => readonly string[]}} size
   */
  static async open(folder, { follow = false, ...size }) {
    const told = join(folder, 'told');
    await mkdir(told, { recursive: true });
    const agent = ['/bin/sh', scriptOf('waiting-agent.sh'), told, '{task}'];
    const run = new StandingRun(await plannedRepository(folder, { ...size, agent }), told);
    if (follow) run.start(o8('run', PLAN, '--yes'));
    else await run.o8('spawn', PLAN, '--yes');
    await run.until(async () => (await readdir(told)).length >= size.slots);
    return run;
  }

  /**
   * Goes on when this returns.
   * @param {readonly string[]} command
   */
  start(command) {
    const child = this.group?.spawn(command, this.where) ?? execFile(command[0] ?? '', command.slice(1), this.where);
    child.stdout?.resume();
    child.stderr?.resume();
    return child;
  }

  /**
   * Standard output of a command.
   * @param {string[]} args
   */
  async o8(...args) {
    const [program = '', ...rest] = o8(...args);
    // Of the same group, since what it starts is ended with the group.
    const [shell, inside] =
      this.group === null
        ? [program, rest]
        : ['/bin/sh', ['-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', this.group.folder, program, ...rest]];
    return (await promisify(execFile)(shell, inside, { ...this.where, maxBuffer: 2 ** 26 })).stdout;
  }

  /**
   * @param {string} id
   * @param {number} code
   */
  async end(id, code = 0) {
    await this.until(() => existsSync(join(this.told, id)));
    await writeFile(join(this.told, id), `${code}\n`);
  }

  /**
   * Waits for an event of the run; `o8 status` would cost more than what is measured.
   * @param {string} type
   */
  async recorded(type) {
    const journal = join(await this.folder(), 'journal.jsonl');
    await this.until(async () => (await readFile(journal, 'utf8')).includes(`"type":"${type}"`));
  }

  /** Waits for the end of the run and of its supervisor. */
  async ended() {
    await this.recorded('run_finished');
    if (this.group !== null) await this.until(async () => (await this.processes()).supervisor.length === 0);
  }

  /** @param {() => Promise<boolean> | boolean} condition */
  async until(condition) {
    const deadline = performance.now() + MOST_WAIT_MS;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`waited ${MOST_WAIT_MS} ms for ${condition.toString()}`);
      await sleep(LOOK_MS);
    }
  }

  /** Folder of the run. */
  async folder() {
    const runs = join(this.root, '.git', 'o8', 'runs');
    const [only] = (await readdir(runs)).filter((name) => !name.startsWith('.'));
    if (only === undefined) throw new Error('there is no run');
    return join(runs, only);
  }

  /** Pids by what they run, of this run only; none where it cannot be read. */
  async processes() {
    /** @type {Record<'supervisor' | 'shim' | 'follower', number[]>} */
    const found = { supervisor: [], shim: [], follower: [] };
    for (const pid of this.group?.pids() ?? []) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (line.includes('supervisor.js\0')) found.supervisor.push(pid);
      else if (line.includes('shim.js\0')) found.shim.push(pid);
      else if (line.includes('o8.js\0run')) found.follower.push(pid);
    }
    return found;
  }

  async close() {
    if (this.group !== null) await this.group.close();
    else await this.o8('abort', '--yes').catch(() => undefined); // it may have ended
  }
}
