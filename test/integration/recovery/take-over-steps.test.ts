import { execFile, spawn } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProcessIdentity } from '../../../src/core/base/process-identity.js';
import { linkNote } from '../../../src/store/old-runs/old-home.js';
import { bundleProgram } from '../../support/programs/bundle-program.js';
import { planOf } from '../../support/runs/plan-fixture.js';
import { Pool } from '../../support/waiting/pool.js';
import { identityOf } from '../../support/programs/proc-probe.js';

/*
 * The takeover of an earlier version's runs is killed at every step, each time in a repository of its own, and the same
 * command is given again: then everything has to be where it is when nobody kills it.
 */
const run = promisify(execFile);
const RUNS = ['20261101-080000-aaaa', '20261102-080000-bbbb'];
const EACH_STEP = 240_000; // some sixty kills, each followed by a wait of 3 s for the section of a dead process

interface Case {
  readonly name: string;
  /** Where checkout and git folder are: one file system or, where the machine has them, two. */
  readonly places: readonly [string, string];
  readonly isAgentAlive: boolean;
}
const DISK = process.env['TEST_DISK'] ?? tmpdir();
const CASES: readonly Case[] = [
  { name: 'on one file system', places: [tmpdir(), tmpdir()], isAgentAlive: false },
  { name: 'from one file system to another', places: [tmpdir(), DISK], isAgentAlive: false },
  { name: 'with an agent that is alive', places: [tmpdir(), tmpdir()], isAgentAlive: true },
];

let program = '';
let programs = '';
const sleeper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
let alive: ProcessIdentity;

beforeAll(async () => {
  programs = await realpath(await mkdtemp(join(tmpdir(), 'o8-take-over-')));
  program = await bundleProgram('take-over.ts', programs);
  alive = await identityOf(sleeper.pid ?? 0);
});
afterAll(() => {
  sleeper.kill('SIGKILL');
  rmSync(programs, { recursive: true, force: true });
});

class OldCheckout {
  private constructor(
    readonly root: string,
    readonly commonDir: string,
    private readonly folders: readonly string[],
  ) {}

  static async open({ places, isAgentAlive }: Case): Promise<OldCheckout> {
    const [place, gitPlace] = [await temporary(places[0]), await temporary(places[1])];
    const [root, commonDir] = [join(place, 'checkout'), join(gitPlace, 'git')];
    await run('git', ['init', '--quiet', `--separate-git-dir=${commonDir}`, root]);
    const checkout = new OldCheckout(root, commonDir, [place, gitPlace]);
    await checkout.write('.claude/parallel/lock/3.json', ownerGone());
    await checkout.write('.claude/parallel/history.jsonl', RUNS.map(historyLine).join(''));
    for (const runId of RUNS) await checkout.addRun(runId, isAgentAlive && runId === RUNS[1]);
    await symlink(
      relative(
        join(root, 'plan/logs'),
        join(root, '.claude/parallel/runs', RUNS[0] ?? '', 'tasks/task-001/1/pipeline.log'),
      ),
      join(root, 'plan/logs/task-001.log'),
    );
    await checkout.write('.claude/parallel/runs/.old-20261031-080000-cccc-1/plan.json', '{}');
    return checkout;
  }

  private async addRun(runId: string, isAlive: boolean): Promise<void> {
    const dir = join(this.root, 'plan');
    await mkdir(join(dir, 'logs'), { recursive: true });
    const plan = planOf([{ id: 'task-001' }]);
    const moved = { ...plan, runId, root: this.root, source: { ...plan.source, dir } };
    const folder = `.claude/parallel/runs/${runId}`;
    await this.write(`${folder}/plan.json`, JSON.stringify(moved));
    await this.write(`${folder}/journal.jsonl`, `journal of ${runId}\n`);
    await this.write(`${folder}/scratch/left/file`, 'a check that was killed\n');
    await this.write(`${folder}/tasks/task-001/1/pipeline.log`, `log of ${runId}\n`);
    const shim = isAlive ? alive : { ...alive, start: '1' };
    await this.write(`${folder}/tasks/task-001/1/claim.json`, JSON.stringify({ version: 1, kind: 'shim', shim }));
  }

  private async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), text);
  }

  async takeOver(failpoint?: string): Promise<'done' | 'killed'> {
    const env = { ...process.env, ...(failpoint === undefined ? {} : { O8_FAILPOINT: failpoint }) };
    try {
      await run(process.execPath, [program], { cwd: this.root, env });
      return 'done';
    } catch (error) {
      if (error instanceof Error && 'signal' in error && error.signal === 'SIGKILL') return 'killed';
      throw error;
    }
  }

  /** Every file there is, with what is in it. */
  async files(): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const folder of [join(this.commonDir, 'o8'), join(this.root, '.claude'), join(this.root, 'plan')]) {
      for (const path of await filesBelow(folder)) {
        const name = path
          .replace(linkNote({ folder: '', root: this.root }, { folder: '', root: '' }), '/old-places/checkout')
          .replace(this.root, 'checkout')
          .replace(this.commonDir, 'git');
        const content = isLinkToFolder(path) ? readlinkSync(path) : await readFile(path, 'utf8');
        all[name] = content.replaceAll(this.root, 'checkout').replaceAll(this.commonDir, 'git');
      }
    }
    return all;
  }

  async remove(): Promise<void> {
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true });
  }
}

it.each(CASES)(
  'a takeover $name that is killed at any step is finished by the same command',
  async (each) => {
    const undisturbed = await OldCheckout.open(each);
    const trace = join(programs, `trace-${String(CASES.indexOf(each))}`);
    expect(await undisturbed.takeOver(`*@${trace}`)).toBe('done');
    const whole = await undisturbed.files();
    for (const runId of RUNS) {
      expect(whole[`git/o8/runs/${runId}/journal.jsonl`]).toBe(`journal of ${runId}\n`);
      expect(whole['git/o8/history.jsonl']).toContain(runId);
    }
    expect(whole['checkout/plan/logs/task-001.log']).toBe(`log of ${RUNS[0] ?? ''}\n`);
    expect(Object.keys(whole).filter((path) => path.startsWith('checkout/.claude/'))).toEqual(
      each.isAgentAlive ? ['checkout/.claude/parallel'] : [],
    );
    await undisturbed.remove();

    const steps = stepsOf(await readFile(trace, 'utf8'));
    expect(steps.length).toBeGreaterThan(20);
    const pool = new Pool<void>(12);
    const tried = steps.map((step) =>
      pool.start(async () => {
        const checkout = await OldCheckout.open(each);
        try {
          expect(await checkout.takeOver(step), step).toBe('killed');
          expect(await checkout.takeOver(), step).toBe('done');
          expect(await checkout.files(), step).toEqual(whole);
        } finally {
          await checkout.remove();
        }
      }),
    );
    await Promise.all(tried.map(async ({ result }) => result));
  },
  EACH_STEP,
);

/** `<name>:<n>` for every failpoint each time it was reached. */
function stepsOf(trace: string): string[] {
  const counts = new Map<string, number>();
  return trace
    .trim()
    .split('\n')
    .map((line) => {
      const name = line.split(' ')[1] ?? '';
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return `${name}:${String(count)}`;
    });
}

function ownerGone(): string {
  return JSON.stringify({
    version: 1,
    kind: 'held',
    generation: 3,
    runId: RUNS[1],
    startedAt: '2026-11-02T08:00:00.000Z',
    features: [],
    maxConcurrency: 1,
    process: { ...alive, start: '1' },
  });
}

function historyLine(runId: string): string {
  const record = {
    ...{ version: 1, runId, plan: 'TS-0042', runState: 'completed', endedAt: '2026-11-02T08:00:00.000Z' },
    ...{ task: 'task-001', outcome: 'complete', reason: null, attempts: 1, minutes: 3, costUsd: 0, tokens: 0 },
  };
  return `${JSON.stringify(record)}\n`;
}

async function temporary(place: string): Promise<string> {
  return realpath(await mkdtemp(join(place, 'o8-old-')));
}

/** Links too; no folder behind one is looked into. */
async function filesBelow(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(path)));
    else if (!entry.name.endsWith('.tmp')) found.push(path); // half of an atomic write, which nobody reads
  }
  return found;
}

function isLinkToFolder(path: string): boolean {
  return lstatSync(path).isSymbolicLink() && statSync(path).isDirectory();
}
