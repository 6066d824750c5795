import type { RunFlag } from '../../core/run/run-flag.js';
import { o8, text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { compareWork, type ComparedWork } from './expected-conflicts.js';
import { findWork, unmergedWork } from './unmerged-work.js';

const MOST_COMPARED = 40; // 780 pairs take 0.2 s
/** The rest of the answer must not wait longer for this. */
const WITHIN_MS = 700;

/**
 * Conflicts of the commits on the tasks' branches with `target` (a ref or commit) and with each other, as an addition to
 * an answer: quick, and never a reason for that answer to fail. Empty when fewer than `least` branches have work.
 */
export async function conflictsAtAGlance(
  repo: Repository,
  tasks: readonly PlannedTask[],
  { target: name, least, flag = {} }: { target: string; least: number; flag?: RunFlag },
): Promise<Pick<ComparedWork, 'conflicts' | 'incomplete'>> {
  const nothing = { conflicts: [], incomplete: null };
  if (tasks.length < least) return nothing;
  try {
    const target = await resolveCommit(repo, name);
    if (target === null) return nothing;
    const found = await findWork(repo, tasks, { target, uncommitted: false });
    const work = tasks.flatMap(({ id }) => unmergedWork(id, found.get(id)));
    if (work.length < least) return nothing;
    if (work.length > MOST_COMPARED) {
      const count = `${String(work.length)} branches, but at most ${String(MOST_COMPARED)} are compared here`;
      return { ...nothing, incomplete: text`${count}; to compare them: ${o8('merge', { ...flag, dryRun: true })}` };
    }
    return await compareWork(repo, work, { target, mostCompared: MOST_COMPARED, withinMs: WITHIN_MS });
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    const slow = error.code === 'timed_out';
    return {
      ...nothing,
      incomplete: slow ? text`comparing takes too long here: ${o8('merge', { ...flag, dryRun: true })}` : error.said,
    };
  }
}
