/**
 * Landing branches that touch no common file: o8's merge queue, bundled from the sources, against `git merge --no-ff` in a
 * checkout. No agents, no verify command; o8's journal is in a file as in a real run.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { taskIds } from '../support/plan.mjs';
import { loadSource } from '../support/project.mjs';
import { commitOf, fileOf, git, initialise } from '../support/repository.mjs';

const AGAINST = 'git merge --no-ff in a checkout';
const BRANCHES = 20;
const FILES = 4000;
const FILES_OF_A_BRANCH = 5;

/** @typedef {'plain' | 'queue' | 'base' | 'together'} Way */

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, tiny }) {
  /** @type {typeof import('../../test/support/runs/merge-run.js')} */
  const source = await loadSource(folder, 'test/support/runs/merge-run.ts');
  const size = tiny ? { branches: 2, files: 10 } : { branches: BRANCHES, files: FILES };
  /** @type {Record<Way, number>[]} */
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const here = join(folder, `merge-${round}`);
    times.push(await timesOf(here, source, size));
    await rm(here, { recursive: true, force: true });
  }
  /** @type {readonly (readonly [Exclude<Way, 'plain'>, string, number])[]} */
  const rows = [
    ['together', 'that wait together', 0.45],
    ['base', 'one by one onto a checked-out base', 0.6],
    ['queue', 'one by one', 0.8],
  ];
  return rows.map(([way, how, limit]) => ({
    id: `merge-${way}`,
    what: `${size.branches} branches ${how}: wall`,
    against: AGAINST,
    unit: 'times',
    limit,
    values: times.map((each) => each[way] / each.plain),
    others: null,
  }));
}

/**
 * Milliseconds for all branches. In turn branch by branch, so that what else the machine does falls on all ways.
 * @param {string} here
 * @param {typeof import('../../test/support/runs/merge-run.js')} source
 * @param {{branches: number, files: number}} size
 */
async function timesOf(here, { MergeRun, TARGET_BRANCH }, { branches, files }) {
  const ids = taskIds(branches);
  const original = join(here, 'original');
  await mkdir(original, { recursive: true });
  initialise(original, stream(ids, files, TARGET_BRANCH));
  const base = git(original, ['rev-parse', 'main']);
  const tasks = ids.map((id) => ({ id, branch: id, tip: git(original, ['rev-parse', id]) }));
  const plain = checkoutOf(original, join(here, 'plain'));
  const open = async (/** @type {'integration' | 'base'} */ into, /** @type {string} */ name) =>
    MergeRun.open({
      root: checkoutOf(original, join(here, name)),
      base,
      tasks,
      strategy: 'merge',
      verify: null,
      into,
      journal: 'file',
    });
  const runs = {
    queue: await open('integration', 'queue'),
    base: await open('base', 'base'),
    together: await open('integration', 'together'),
  };
  /** @type {Record<Way, number>} */
  const times = { plain: 0, queue: 0, base: 0, together: 0 };
  for (const [at, { id, tip }] of tasks.entries()) {
    /** @type {Partial<Record<Way, () => unknown>>} */
    const ways = {
      plain: () => git(plain, ['merge', '--quiet', '--no-ff', '--message', id, tip]),
      queue: () => runs.queue.finish([id]),
      base: () => runs.base.finish([id]),
    };
    const names = /** @type {Way[]} */ (Object.keys(ways));
    for (const way of at % 2 === 0 ? names : names.toReversed()) times[way] += await timed(ways[way]);
  }
  times.together = await timed(() => runs.together.finish(ids));
  for (const run of Object.values(runs)) {
    const left = ids.filter((id) => run.stateOf(id).state !== 'complete');
    if (left.length > 0) throw new Error(`did not land: ${left.join(', ')}`);
    await run.close();
  }
  return times;
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
 * One commit of all files, one on each branch, and the target's branch.
 * @param {readonly string[]} ids
 * @param {number} files
 * @param {string} target
 */
function stream(ids, files, target) {
  const all = Array.from({ length: files }, (_, at) => fileOf(at, 'first'));
  const first = commitOf('refs/heads/main', 1, '', all);
  const work = ids.map((id, at) => {
    const own = Array.from({ length: FILES_OF_A_BRANCH }, (_, each) => fileOf(at * FILES_OF_A_BRANCH + each, id));
    return commitOf(`refs/heads/${id}`, at + 2, 'from :1\n', own);
  });
  return [first, ...work, `reset refs/heads/${target}\nfrom :1\n\n`].join('');
}

/**
 * In milliseconds.
 * @param {(() => unknown) | undefined} work
 */
async function timed(work) {
  const before = performance.now();
  await work?.();
  return performance.now() - before;
}
