import { basePresence } from '../../core/merge/landings.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { recordOf, type Run } from '../run/run.js';
import { verifyCommit } from './verify-commit.js';

/** Runs every distinct check of these tasks on a commit that is to land on the base branch; null if all passed. */
export async function verifyLanding(run: Run, commit: string, tasks: readonly PlannedTask[]): Promise<string | null> {
  const seen = new Set<string>();
  for (const task of tasks) {
    const check = JSON.stringify([task.setup, task.verify]);
    if (task.verify === null || seen.has(check)) continue;
    seen.add(check);
    const verdict = await verifyCommit(run, {
      name: 'verify-landing',
      kind: 'verify',
      commit,
      command: task.verify,
      task,
      tasks,
    });
    if (verdict.kind === 'failed') return verdict.message;
    if (verdict.kind === 'interrupted') return 'it was interrupted by an abort';
  }
  return null;
}

/**
 * The tasks whose checks have to pass on the base branch with the run's work. A task's own check is omitted if its work
 * was reverted; the check that all tasks share is always run.
 */
export function tasksToVerify(run: Run): PlannedTask[] {
  return run.plan.tasks.filter((task) => {
    if (mergedCommit(recordOf(run, task.id).state) === null) return false;
    const presence = basePresence(run.plan, run.ledger.state, task.id);
    const reverted = presence.kind === 'taken_back' && presence.how.kind === 'reverted';
    return !reverted || hasSharedCheck(run, task);
  });
}

export function hasSharedCheck({ plan }: Run, task: PlannedTask): boolean {
  return task.verify !== null && task.verify === plan.settings.verify;
}
