import { taskOf, type RunState } from '../core/run-state.js';
import type { TaskView } from '../core/status-view.js';
import { countCommits } from '../git/changes.js';
import { listRefs } from '../git/refs.js';
import type { Repository } from '../git/repository.js';

/** Between two ids: who follows a run asks several times a second, and it never changes. */
const counts = new Map<string, number>();

/** The commits of tasks that ended without being done are nobody's evidence and in no record: their branches have them. */
export async function countOnBranches(
  repo: Repository,
  state: RunState,
  views: readonly TaskView[],
): Promise<TaskView[]> {
  const starts = new Map(views.flatMap((view) => startOf(state, view)));
  if (starts.size === 0) return [...views];
  const tips = new Map((await listRefs(repo, ...starts.keys())).map(({ ref, commit }) => [ref, commit]));
  const counted = views.map(async (view) => {
    const ref = `refs/heads/${view.branch}`;
    const [start, tip] = [starts.get(ref), tips.get(ref)];
    return start === undefined || tip === undefined ? view : { ...view, commits: await count(repo, start, tip) };
  });
  return Promise.all(counted);
}

function startOf(state: RunState, { id, branch, commits }: TaskView): [ref: string, start: string][] {
  const { state: of, start } = taskOf(state, id);
  if (commits > 0 || start === null || (of.state !== 'failed' && of.state !== 'aborted')) return [];
  return [[`refs/heads/${branch}`, start]];
}

async function count(repo: Repository, start: string, tip: string): Promise<number> {
  const key = `${start}..${tip}`;
  const known = counts.get(key);
  if (known !== undefined) return known;
  const found = await countCommits(repo, start, tip);
  counts.set(key, found);
  return found;
}
