import { O8Error } from '../../core/base/errors.js';
import { taskOf, type RunState, type TaskRecord } from '../../core/run/run-state.js';
import type { TaskView } from '../../core/report/status-view.js';
import { countCommits } from '../../git/diff/changes.js';
import { listRefs } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { branchRef, isOwnBranch } from '../context/own-branch.js';

/** Number of commits between two commit ids, which never changes. Callers that follow a run ask several times a second. */
const counts = new Map<string, number>();

/**
 * Counts the commits on the branches of failed and aborted tasks: the journal records commits only for finished work.
 * Only for the newest run, since a later one may have taken the branch name. When git cannot read a branch, the counts
 * stay as they are.
 */
export async function countOnBranches(
  repo: Repository,
  state: RunState,
  views: readonly TaskView[],
): Promise<TaskView[]> {
  const ended = views.filter(({ id, commits }) => commits === 0 && hasEnded(taskOf(state, id)));
  if (ended.length === 0) return [...views];
  try {
    const refs = await listRefs(repo, ...ended.map(branchRef));
    const tips = new Map(refs.map(({ ref, commit }) => [ref, commit]));
    const found = ended.map(
      async (view) => [view, await countOf(repo, taskOf(state, view.id), tips.get(branchRef(view)))] as const,
    );
    const counted = new Map(await Promise.all(found));
    return views.map((view) => ({ ...view, commits: counted.get(view) ?? view.commits }));
  } catch (error) {
    if (error instanceof O8Error) return [...views];
    throw error;
  }
}

function hasEnded({ state }: TaskRecord): boolean {
  return state.state === 'failed' || state.state === 'aborted';
}

async function countOf(repo: Repository, record: TaskRecord, tip: string | undefined): Promise<number> {
  if (tip === undefined || record.start === null || !(await isOwnBranch(repo, record, tip))) return 0;
  const key = `${record.start}..${tip}`;
  const known = counts.get(key) ?? (await countCommits(repo, record.start, tip));
  counts.set(key, known);
  return known;
}
