import { lstatSync } from 'node:fs';
import { logLinkPath } from '../../core/plan/log-link.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { linkLog } from '../../store/logs/log-links.js';
import { attemptOf, recordOf, type Run } from './run.js';

/** Creates a link to the current attempt's log next to the plan or the worktree, if that is inside the repository. */
export async function linkTaskLog(run: Run, task: PlannedTask, attempt: number): Promise<void> {
  const link = logLinkPath(run.plan, task);
  if (link === null) return;
  const { log } = attemptOf(run, task.id, attempt);
  if (!(await linkLog(run.plan.root, link, log)))
    run.log(`${task.id}: ${link} was not created by o8 and was left unchanged`);
}

/**
 * Restores missing links, for example after `git clean` in the checkout of an active run. It looks at each task's link
 * every second: synchronously, which takes a tenth of the CPU time of looking through the thread pool.
 */
export async function keepLogLinks(run: Run): Promise<void> {
  if (!isThere(run.plan.root)) return;
  for (const task of run.plan.tasks) {
    const { attempt } = recordOf(run, task.id);
    const link = attempt > 0 ? logLinkPath(run.plan, task) : null;
    if (link !== null && !isThere(link)) await linkTaskLog(run, task, attempt);
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // creating the link reports the error
  }
}
