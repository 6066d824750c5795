/**
 * What landing a branch costs: o8's merge queue against a plain `git merge --no-ff` in a checkout, in turn on the same
 * machine, with branches that do not touch each other's files.
 *
 *   npm run bench:merge -- [--branches <n>] [--files <n>] [--rounds <n>] [--strategy merge|squash|rebase]
 *
 * No agents, no verify command; o8's journal is on the disk as in a real run. Times are of this machine as busy as it
 * is: compare those of one run.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const FILES_OF_A_BRANCH = 5;
const FILES_OF_A_FOLDER = 50;
const LINES_OF_A_FILE = 40;

const { values } = parseArgs({
  options: {
    branches: { type: 'string', default: '20' },
    files: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '3' },
    strategy: { type: 'string', default: 'merge' },
  },
});
const branches = Math.max(1, Number(values.branches));
const files = Math.max(branches * FILES_OF_A_BRANCH, Number(values.files));
const rounds = Math.max(1, Number(values.rounds));
const strategy = chosenStrategy(values.strategy);

const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-bench-')));
try {
  await run(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {string} folder */
async function run(folder) {
  const { MergeRun, TARGET_BRANCH } = await queue(folder);
  const ids = Array.from({ length: branches }, (_, at) => `task-${String(at + 1).padStart(3, '0')}`);
  /** @type {{plain: number[], queue: number[], base: number[], together: number[]}} */
  const times = { plain: [], queue: [], base: [], together: [] };
  for (let round = 0; round < rounds; round += 1) {
    const here = join(folder, String(round));
    const original = join(here, 'original');
    await mkdir(original, { recursive: true });
    git(original, ['-c', 'init.defaultBranch=main', 'init', '--quiet']);
    git(original, ['fast-import', '--quiet'], stream(ids, TARGET_BRANCH));
    const base = git(original, ['rev-parse', 'main']);
    const tasks = ids.map((id) => ({ id, branch: id, tip: git(original, ['rev-parse', id]) }));
    const plain = checkoutOf(original, join(here, 'plain'));
    /** @param {'integration' | 'base'} into @param {string} name */
    const open = async (into, name) => {
      const root = checkoutOf(original, join(here, name));
      return MergeRun.open({ root, base, tasks, strategy, verify: null, into, journal: 'file' });
    };
    const oneByOne = await open('integration', 'queue');
    const ontoBase = await open('base', 'base');
    const together = await open('integration', 'together');
    // In turn, so that what else the machine does falls on all of them.
    for (const { id, tip } of tasks) {
      times.plain.push(await timed(() => git(plain, ['merge', '--quiet', '--no-ff', '--message', id, tip])));
      times.queue.push(await timed(() => oneByOne.finish([id])));
      times.base.push(await timed(() => ontoBase.finish([id])));
    }
    times.together.push((await timed(() => together.finish(ids))) / ids.length);
    for (const each of [oneByOne, ontoBase, together]) {
      const left = ids.filter((id) => each.stateOf(id).state !== 'complete');
      if (left.length > 0) throw new Error(`did not land: ${left.join(', ')}`);
      await each.close();
    }
    await rm(here, { recursive: true, force: true });
  }
  print(times);
}

/**
 * The sources' own queue, bundled.
 * @param {string} folder
 * @returns {Promise<typeof import('../test/support/runs/merge-run.js')>}
 */
async function queue(folder) {
  const outfile = join(folder, 'queue.mjs');
  await build({
    entryPoints: [join(project, 'test/support/runs/merge-run.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: { '.md': 'text' },
    // What bundled CommonJS packages expect to find, and an ES module does not have.
    banner: { js: `import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);` },
    outfile,
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

/**
 * A checkout with everything in it, that shares nothing with the others but what git has stored.
 * @param {string} original
 * @param {string} path
 */
function checkoutOf(original, path) {
  git(original, ['clone', '--quiet', '--shared', original, path]);
  git(path, ['fetch', '--quiet', 'origin', '+refs/heads/*:refs/heads/*', '--update-head-ok']);
  git(path, ['config', 'user.name', 'Bench']);
  git(path, ['config', 'user.email', 'bench@example.invalid']);
  return path;
}

/**
 * The repository for `git fast-import`: one commit of all files, and one on each branch.
 * @param {readonly string[]} ids
 * @param {string} target
 */
function stream(ids, target) {
  const all = Array.from({ length: files }, (_, at) => file(at, 'first'));
  const first = commit('refs/heads/main', 1, '', all);
  const work = ids.map((id, at) => {
    const own = Array.from({ length: FILES_OF_A_BRANCH }, (_, each) => file(at * FILES_OF_A_BRANCH + each, id));
    return commit(`refs/heads/${id}`, at + 2, 'from :1\n', own);
  });
  return [first, ...work, `reset refs/heads/${target}\nfrom :1\n\n`].join('');
}

/**
 * @param {string} ref
 * @param {number} mark
 * @param {string} from
 * @param {readonly string[]} changes
 */
function commit(ref, mark, from, changes) {
  const head = `commit ${ref}\nmark :${mark}\ncommitter Bench <bench@example.invalid> ${1_700_000_000 + mark} +0000\n`;
  return `${head}${data(ref)}${from}${changes.join('')}\n`;
}

/**
 * @param {number} at
 * @param {string} author
 */
function file(at, author) {
  const lines = Array.from({ length: LINES_OF_A_FILE }, (_, line) => `file ${at} line ${line}\n`);
  lines[LINES_OF_A_FILE / 2] = `by ${author}\n`;
  return `M 100644 inline src/${Math.floor(at / FILES_OF_A_FOLDER)}/file-${at}.txt\n${data(lines.join(''))}`;
}

/** @param {string} content */
function data(content) {
  return `data ${Buffer.byteLength(content)}\n${content}\n`;
}

/**
 * Standard output without its last line end.
 * @param {string} cwd
 * @param {readonly string[]} args
 * @param {string} [input]
 */
function git(cwd, args, input) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  const env = { ...Object.fromEntries(inherited), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const { status, stdout, stderr } = spawnSync('git', ['-c', 'gc.auto=0', ...args], {
    cwd,
    env,
    input,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** @param {string} name */
function chosenStrategy(name) {
  if (name === 'merge' || name === 'squash' || name === 'rebase') return name;
  throw new Error(`--strategy is merge, squash or rebase, not ${name}`);
}

/**
 * In milliseconds.
 * @param {() => unknown} work
 */
async function timed(work) {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

/** @param {{plain: number[], queue: number[], base: number[], together: number[]}} times */
function print(times) {
  const version = git(folder, ['version']);
  console.log(
    `${branches} disjoint branches, ${files} files, strategy ${values.strategy}, ${version}, ${rounds} rounds\n`,
  );
  const [plain] = middle(times.plain);
  /** @type {readonly (readonly [string, readonly number[]])[]} */
  const rows = [
    ['git merge --no-ff in a checkout', times.plain],
    ['o8, one by one, integration branch', times.queue],
    ['o8, one by one, checked-out base', times.base],
    [`o8, ${branches} waiting together`, times.together],
  ];
  console.log(['ms per landing'.padEnd(36), 'median', '   p90', ' ratio'].join('  '));
  for (const [name, measured] of rows) {
    const [median, p90] = middle(measured);
    const cells = [median.toFixed(1), p90.toFixed(1), (median / plain).toFixed(1)].map((cell) => cell.padStart(6));
    console.log([name.padEnd(36), ...cells].join('  '));
  }
}

/**
 * Median and 90th percentile.
 * @param {readonly number[]} measured
 * @returns {[number, number]}
 */
function middle(measured) {
  const sorted = [...measured].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return [at(0.5), at(0.9)];
}
