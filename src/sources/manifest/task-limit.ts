import type { FaultCollector } from '../files/fault-collector.js';

/** More tasks than any run has agents for; each also needs a worktree. */
const TASK_LIMIT = 500;

/** Whether a manifest has between one and 500 tasks; otherwise adds a fault. */
export function withinTaskLimit(faults: FaultCollector, file: string, count: number): boolean {
  if (count === 0) faults.add(file, 'the plan has no tasks', 'Add at least one task.');
  if (count > TASK_LIMIT) {
    faults.add(file, `the plan has ${count} tasks`, `Split it: a plan has at most ${TASK_LIMIT} tasks.`);
  }
  return count > 0 && count <= TASK_LIMIT;
}
