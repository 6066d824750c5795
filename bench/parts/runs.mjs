/** Whole runs, `o8 run` and `o8 merge`, against `xargs` with the same agents. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { alternate } from '../support/alternate.mjs';
import { measured } from '../support/enclosure.mjs';
import { o8, oneAfterTheOther, PLAN, plannedRepository, sleepingAgent, taskIds } from '../support/plan.mjs';
import { scriptOf } from '../support/project.mjs';
import { createRepository, environment, git } from '../support/repository.mjs';
import { ratio } from '../support/rows.mjs';

const FILES = 2000;
const AGENTS = 'xargs, agents only, worktrees there';
const REMOVED = 'xargs, worktree add, agent, remove';
const MERGED = 'xargs, worktree add, agent, merge-tree, remove';

/** @typedef {{tasks: number, seconds: number, slots: number, files: number}} Size */

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure(bench) {
  if (bench.tiny) return sleeping(bench, 'run-2', { tasks: 2, seconds: 0, slots: 2, files: 10 }, { wall: 0, cpu: 0 });
  return [
    ...(await sleeping(bench, 'run-6x2', { tasks: 6, seconds: 2, slots: 3, files: FILES }, { wall: 1.12, cpu: null })),
    ...(await sleeping(bench, 'run-20x2', { tasks: 20, seconds: 2, slots: 4, files: FILES }, { wall: 1.08, cpu: 2.2 })),
    ...(await idle(bench, 'run-30x0', { tasks: 30, seconds: 0, slots: 8, files: FILES }, { wall: 1.5, cpu: 2 })),
  ];
}

/**
 * @param {import('../bench.mjs').Bench} bench
 * @param {string} id
 * @param {Size} size
 * @param {{wall: number, cpu: number | null}} limits
 */
async function sleeping(bench, id, size, limits) {
  const what = nameOf(size);
  const { agents, removed, run } = await alternate(bench.rounds, {
    agents: (round) => script(join(bench.folder, `agents-${round}`), 'agent', size),
    removed: (round) => script(join(bench.folder, `removed-${round}`), 'removed', size),
    run: (round) => wholeRun(join(bench.folder, `run-${round}`), size),
  });
  const wall = { id: `${id}-wall`, what, against: AGENTS, of: /** @type {const} */ ('wall') };
  const cpu = { id: `${id}-cpu`, what, against: REMOVED, of: /** @type {const} */ ('cpu') };
  return [
    ratio({ ...wall, limit: limits.wall, costs: run, baseline: agents }),
    ...(limits.cpu === null ? [] : [ratio({ ...cpu, limit: limits.cpu, costs: run, baseline: removed })]),
  ];
}

/**
 * @param {import('../bench.mjs').Bench} bench
 * @param {string} id
 * @param {Size} size
 * @param {{wall: number, cpu: number}} limits
 */
async function idle(bench, id, size, limits) {
  const { merged, run } = await alternate(bench.rounds, {
    merged: (round) => script(join(bench.folder, `merged-${round}`), 'merged', size),
    run: (round) => wholeRun(join(bench.folder, `run-${round}`), size),
  });
  const row = { what: nameOf(size), against: MERGED, costs: run, baseline: merged };
  return [
    ratio({ ...row, id: `${id}-wall`, of: 'wall', limit: limits.wall }),
    ratio({ ...row, id: `${id}-cpu`, of: 'cpu', limit: limits.cpu }),
  ];
}

/** @param {Size} size */
function nameOf({ tasks, seconds, slots }) {
  return `${tasks} tasks of ${seconds} s, ${slots} slots`;
}

/**
 * @param {string} folder
 * @param {Size} size
 */
export async function wholeRun(folder, size) {
  const { root, ids, where } = await plannedRepository(folder, { ...size, agent: sleepingAgent(size.seconds) });
  const cost = await measured(oneAfterTheOther([o8('run', PLAN, '--yes'), o8('merge')]), where);
  const landed = git(root, ['ls-tree', '--name-only', 'main', 'work/']).split('\n').length;
  if (cost.code !== 0 || landed !== ids.length) {
    throw new Error(`o8 landed ${landed} of ${ids.length} tasks, exit ${cost.code}\n${cost.stdout}${cost.stderr}`);
  }
  await rm(folder, { recursive: true, force: true });
  return cost;
}

/**
 * @param {string} folder
 * @param {'agent' | 'removed' | 'merged'} mode
 * @param {Size} size
 */
export async function script(folder, mode, { tasks, seconds, slots, files }) {
  const root = join(folder, 'repository');
  const worktrees = join(folder, 'worktrees');
  await createRepository(root, { files });
  await mkdir(worktrees);
  git(root, ['branch', 'target']);
  const ids = taskIds(tasks);
  if (mode === 'agent') {
    for (const id of ids) git(root, ['worktree', 'add', '--quiet', '-b', id, join(worktrees, id)]);
  }
  const each = ['sh', scriptOf('life.sh'), mode, root, worktrees, scriptOf('agent.sh'), String(seconds), '{}'];
  const list = `printf '%s\\n' ${ids.join(' ')} | xargs -P ${slots} -I '{}' "$@"`;
  const cost = await measured(['/bin/sh', '-c', list, 'sh', ...each], { cwd: root, env: environment(folder) });
  const done = git(root, ['for-each-ref', '--no-contains', 'main~0^{}', '--format=x', 'refs/heads/task-*']);
  if (cost.code !== 0 || done !== '') throw new Error(`the baseline failed: ${cost.stderr}`);
  await rm(folder, { recursive: true, force: true });
  return cost;
}
