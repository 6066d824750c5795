import { troubleText } from '../../core/forge/forge.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { taskOf } from '../../core/run/run-state.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { recordOf, type Run } from '../run/run.js';
import type { PullWork } from './pull-work.js';

/**
 * Pull requests that are based on a merged task's branch ask from now on to be merged into the run's base branch, and are
 * proven on it again. False: the forge does not answer now, so that the branch must stay.
 */
export async function retargetDependents(at: PullWork, merged: PlannedTask): Promise<boolean> {
  let done = true;
  for (const task of at.run.plan.tasks) {
    if (recordOf(at.run, task.id).pull?.opened?.base !== merged.branch) continue;
    done = (await retarget(at, task)) && done;
  }
  return done;
}

/** The pull request is still based on the branch of a task that has been merged. */
export function isLeftBehind({ plan, ledger }: Run, { id }: PlannedTask): boolean {
  const base = ledger.state.tasks.get(id)?.pull?.opened?.base ?? null;
  const below = plan.tasks.find(({ branch }) => branch === base);
  return below !== undefined && mergedCommit(taskOf(ledger.state, below.id).state) !== null;
}

export async function retarget({ run, forge }: PullWork, task: PlannedTask): Promise<boolean> {
  const { pull, state } = recordOf(run, task.id);
  const opened = pull?.opened ?? null;
  if (opened === null || mergedCommit(state) !== null) return true;
  const base = run.plan.base.branch;
  const updated = await forge.update(opened.number, { base });
  switch (updated.kind) {
    case 'answered': {
      const { number, url } = opened;
      await run.ledger.record({ type: 'pull_opened', task: task.id, number, url, base, unproven: true });
      return true;
    }
    case 'refused': // it is closed
    case 'no_login':
    case 'rate_limited':
    case 'unreachable':
    case 'unknown':
      run.log(`${task.id}: pull request #${String(opened.number)} keeps its base: ${troubleText(updated)}`);
      return updated.kind === 'refused';
  }
}
