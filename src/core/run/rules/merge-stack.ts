import { o8 } from '../../base/text.js';
import type { Plan } from '../../plan/plan.js';
import { targetOf } from '../../plan/target.js';
import type { RunEvent } from '../events.js';
import { mergeHeld } from '../merge-held.js';
import type { Link, Waits } from './merge-branch.js';
import type { Failure } from './retry.js';

/** Recorded before the target moves, for every task in the stack, so that a crash in between repeats nothing. */
export function announced(plan: Plan, links: readonly Omit<Link, 'note'>[]): readonly RunEvent[] {
  const { ref } = targetOf(plan);
  return links.map(({ task, from, commit }) => ({ type: 'merge_intended', task: task.id, ref, from, to: commit }));
}

/** The result of moving the target to the verified commit. */
export type Advance =
  | { readonly kind: 'advanced' }
  /** Another process moved it. */
  | { readonly kind: 'moved' }
  /** Files or a lock in the checkout that has it prevent the move. */
  | ({ readonly kind: 'blocked' } & Waits);

export type AfterAdvance =
  | { readonly kind: 'merged' }
  /** Start again, because a branch that failed may pass on the new target. */
  | { readonly kind: 'recompute' }
  /** Merge the branches one at a time, because not all of them may be blocked. */
  | { readonly kind: 'one_at_a_time' }
  | ({ readonly kind: 'hold' } & Waits);

/** `count`: the number of branches to merge together. */
export function afterAdvance(advance: Advance, count: number): AfterAdvance {
  switch (advance.kind) {
    case 'advanced':
      return { kind: 'merged' };
    case 'moved':
      return { kind: 'recompute' };
    case 'blocked':
      return count > 1 ? { kind: 'one_at_a_time' } : { ...advance, kind: 'hold' };
  }
}

/** `commit`: the target's commit that has the task's work. */
export function merged(task: string, commit: string, notes: readonly string[]): readonly RunEvent[] {
  const noted: RunEvent[] = notes.length > 0 ? [{ type: 'task_noted', task, notes: [...notes] }] : [];
  return [...noted, { type: 'task_merged', task, landed: commit }];
}

/** `stacked`: the number of tasks verified together. `runs`: the number of runs until the failing one was found. */
export function brokeVerify(message: string, { stacked, runs }: { stacked: number; runs: number }): Failure {
  const among = stacked === 1 ? '' : `\n(found among ${String(stacked)} tasks in ${String(runs)} verify runs)`;
  return { reason: 'verify_failed', message: `${message}${among}`, retryable: true };
}

export function held(tasks: readonly { readonly id: string }[], { reason, hint }: Waits): readonly RunEvent[] {
  return tasks.map(({ id }) => mergeHeld(id, reason, hint));
}

/** The target moved too often during the merge. */
export function keptMoving(plan: Plan): Waits {
  return {
    reason: `${targetOf(plan).ref} kept moving while the merge was verified`,
    hint: o8('merge', { run: plan.runId }),
  };
}

/** Records the result of a wave's `validation` of the target at `commit`. */
export function validated(
  wave: number,
  commit: string,
  verdict: { readonly kind: 'passed' } | { readonly kind: 'failed'; readonly message: string },
): RunEvent {
  return verdict.kind === 'passed'
    ? { type: 'wave_validated', wave, commit }
    : { type: 'wave_validation_failed', wave, message: verdict.message };
}
