import type { PlannedTask } from '../core/plan.js';
import type { TaskRecord } from '../core/run-state.js';
import type { TaskView } from '../core/status-view.js';
import { countCommits } from '../git/changes.js';
import { resolveCommit } from '../git/refs.js';
import type { Repository } from '../git/repository.js';

/** The commits of a task that ended without being done are nobody's evidence and in no record: its branch has them. */
export async function countOnBranch(
  repo: Repository,
  { branch }: PlannedTask,
  { state, start }: TaskRecord,
  view: TaskView,
): Promise<TaskView> {
  if (view.commits > 0 || start === null || (state.state !== 'failed' && state.state !== 'aborted')) return view;
  const tip = await resolveCommit(repo, `refs/heads/${branch}`);
  return tip === null || tip === start ? view : { ...view, commits: await countCommits(repo, start, tip) };
}
