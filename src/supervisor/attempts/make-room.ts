import { inTerminal } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { afterKept } from '../../core/kept/kept-text.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { tasksThatNeedRoom } from '../../core/plan/room.js';
import { asideSuffix } from '../../core/kept/aside.js';
import { isSettled } from '../../core/run/task-state.js';
import { moveAside } from '../../git/kept/move-aside.js';
import { errorText } from '../run/error-text.js';
import { recordOf, type Run } from '../run/run.js';
import { retireAttempt } from './retire-attempt.js';

/** For people: what was renamed, and the tasks whose names could not be made free. */
export interface RoomMade {
  readonly moved: readonly string[];
  readonly problems: readonly string[];
}

/** After these errors the supervisor must not continue. */
const FATAL: readonly string[] = ['lease_lost', 'journal_damaged', 'disk_full'];

/**
 * The first steps of a run whose branch or worktree names were taken. Each step is recorded when it is done, and
 * repeated after a crash. A task whose names cannot be made free fails; the others continue.
 */
export async function makeRoom(run: Run): Promise<RoomMade> {
  const moved: string[] = [];
  const problems: string[] = [];
  for (const task of run.plan.tasks) {
    if (!needsRoom(run, task) || isSettled(recordOf(run, task.id).state)) continue;
    try {
      moved.push(...(await makeRoomFor(run, task)));
    } catch (error) {
      if (error instanceof O8Error && FATAL.includes(error.code)) throw error;
      const hint = error instanceof O8Error ? `; ${inTerminal(error.hint)}` : '';
      const message = `${errorText(error)}${hint}`;
      await run.ledger.record({ type: 'task_failed', task: task.id, reason: 'worktree_failed', message });
      problems.push(`${task.id}: ${message}`);
    }
  }
  return { moved, problems };
}

/** Whether the task's branch or worktree name was taken when the run was created, and may still be. */
export function needsRoom(run: Run, task: PlannedTask): boolean {
  return tasksThatNeedRoom(run.plan).has(task.id) && !run.ledger.state.roomMade.has(task.id);
}

/** Returns what was renamed. O8Error `refused` if a worktree contains work that no commit can contain. */
export async function makeRoomFor(run: Run, task: PlannedTask): Promise<readonly string[]> {
  const { room } = run.plan;
  const earlier = room?.retire.find((attempt) => attempt.task === task.id);
  const movesAside = room?.aside.includes(task.id) === true;
  const kept: string[] = [];
  if (earlier !== undefined) {
    const retired = await retireAttempt(run, task, { ...earlier, branch: 'goes', lastKnown: null });
    if (retired.kind === 'retired') kept.push(...retired.kept);
    else if (!movesAside) throw staysError(task.worktree, retired.why);
  }
  run.lease.assertHeld();
  const names = { path: task.worktree, branch: task.branch, suffix: asideSuffix(run.plan.runId) };
  const moved = movesAside ? await moveAside(run.repo, run.serialise, names) : [];
  await run.ledger.record({ type: 'room_made', task: task.id, kept, moved });
  return moved;
}

function staysError(worktree: string, why: string): O8Error {
  const message = `The worktree ${worktree} of an earlier attempt contains work that cannot be saved in a commit: ${why}.`;
  return new O8Error('refused', message, afterKept(worktree, 'the same command again'));
}
