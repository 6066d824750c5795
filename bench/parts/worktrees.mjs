/** Ten worktrees made at once as the supervisor does it, bundled from the sources, against `git worktree add` in turn. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { alternate } from '../support/alternate.mjs';
import { taskIds } from '../support/plan.mjs';
import { loadSource } from '../support/project.mjs';
import { createRepository, git } from '../support/repository.mjs';

const AGAINST = 'git worktree add, one by one';
const AT_ONCE = 10;
const ADDS_IN_ALL = 1000;

/** @typedef {typeof import('../../test/support/git/made-worktrees.js')} Source */

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, full, tiny }) {
  /** @type {Source} */
  const source = await loadSource(folder, 'test/support/git/made-worktrees.ts');
  const sizes = tiny ? [10] : full ? [2000, 20_000] : [2000];
  /** @type {import('../support/rows.mjs').Row[]} */
  const rows = [];
  for (const files of sizes) {
    const root = join(folder, `repository-${files}`);
    await createRepository(root, { files });
    const { turn, once } = await alternate(rounds, {
      turn: async (round) =>
        timed(root, join(folder, `turn-${files}-${round}`), (paths) => {
          for (const path of paths)
            git(root, ['worktree', 'add', '--quiet', '-b', path.slice(1).replaceAll('/', '-'), path]);
        }),
      once: async (round) =>
        timed(root, join(folder, `once-${files}-${round}`), async (paths) => {
          const failures = await source.madeWorktrees(root, paths);
          if (failures > 0) throw new Error(`${failures} worktrees failed`);
        }),
    });
    const values = once.map((ms, round) => ms / (turn[round] ?? NaN));
    rows.push({
      id: `worktrees-${files}`,
      what: `${AT_ONCE} worktrees ready, ${files} files: wall`,
      against: AGAINST,
      unit: 'times',
      limit: 0.65,
      values,
      others: null,
    });
  }
  return full ? [...rows, await failures(folder, source)] : rows;
}

/**
 * @param {string} folder
 * @param {Source} source
 * @returns {Promise<import('../support/rows.mjs').Row>}
 */
async function failures(folder, source) {
  const root = join(folder, 'repository-many');
  await createRepository(root, { files: 200 });
  let failed = 0;
  for (let made = 0; made < ADDS_IN_ALL; made += AT_ONCE) {
    await timed(root, join(folder, `many-${made}`), async (paths) => {
      failed += await source.madeWorktrees(root, paths);
    });
  }
  return {
    id: 'worktrees-failed',
    what: `failures in ${ADDS_IN_ALL} worktrees, ${AT_ONCE} at once`,
    against: '-',
    unit: 'count',
    limit: 0,
    values: [failed],
    others: null,
  };
}

/**
 * Milliseconds.
 * @param {string} root
 * @param {string} into
 * @param {(paths: string[]) => Promise<void> | void} work
 */
async function timed(root, into, work) {
  const from = performance.now();
  await work(taskIds(AT_ONCE).map((id) => join(into, id)));
  const ms = performance.now() - from;
  await rm(into, { recursive: true, force: true });
  await rm(join(root, '.git', 'worktrees'), { recursive: true, force: true });
  return ms;
}
