/** `o8 cleanup` of a run whose agents failed, against `git worktree remove` of as many worktrees. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { alternate } from '../support/alternate.mjs';
import { measured } from '../support/enclosure.mjs';
import { o8, taskIds } from '../support/plan.mjs';
import { createRepository, environment, git } from '../support/repository.mjs';
import { ratio } from '../support/rows.mjs';
import { StandingRun } from '../support/standing-run.mjs';

/** @typedef {{tasks: number, files: number}} Size */

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, tiny }) {
  const size = tiny ? { tasks: 2, files: 10 } : { tasks: 20, files: 2000 };
  const { one, cleanup } = await alternate(rounds, {
    one: (round) => oneByOne(join(folder, `one-${round}`), size),
    cleanup: (round) => cleanedUp(join(folder, `run-${round}`), size),
  });
  const what = `cleanup of ${size.tasks} worktrees, until it answers`;
  return [
    ratio({
      id: 'cleanup-wall',
      what,
      against: 'git worktree remove, one by one',
      of: 'wall',
      limit: 0.3,
      costs: cleanup,
      baseline: one,
    }),
  ];
}

/**
 * @param {string} folder
 * @param {Size} size
 */
async function oneByOne(folder, { tasks, files }) {
  const root = join(folder, 'repository');
  await createRepository(root, { files });
  const paths = taskIds(tasks).map((id) => join(folder, 'worktrees', id));
  for (const path of paths) git(root, ['worktree', 'add', '--quiet', path]);
  const loop = 'for path; do git worktree remove "$path" || exit; done';
  const cost = await measured(['/bin/sh', '-c', loop, 'sh', ...paths], { cwd: root, env: environment(folder) });
  if (cost.code !== 0) throw new Error(cost.stderr);
  await rm(folder, { recursive: true, force: true });
  return cost;
}

/**
 * @param {string} folder
 * @param {Size} size
 */
async function cleanedUp(folder, size) {
  const run = await StandingRun.open(folder, { ...size, slots: size.tasks });
  try {
    for (const id of run.ids) await run.end(id, 1);
    await run.ended();
    const cost = await measured(o8('cleanup'), run.where);
    const left = (await readdir(join(folder, 'workspaces')).catch(() => [])).filter((name) => name.startsWith('task-'));
    if (cost.code !== 0 || left.length > 0)
      throw new Error(`cleanup left ${left.join(', ')}\n${cost.stdout}${cost.stderr}`);
    return cost;
  } finally {
    await run.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
