import { o8, text, type Text } from '../../base/text.js';
import { heldOf, mergeAgain, type Finding } from '../../held/finding.js';
import type { Plan, PlannedTask } from '../../plan/plan.js';
import { targetName, targetOf } from '../../plan/target.js';
import type { RunEvent } from '../events.js';
import { mergeHeld } from '../merge-held.js';

/** Why a finished branch waits for the user, and what to do about it. */
export interface Waits {
  readonly reason: string;
  readonly hint: Text;
}

/** A finished branch to be merged. `onto`: the target's commit, or that of the branch before it in the stack. */
export interface Branch {
  readonly task: PlannedTask;
  readonly tip: string;
  readonly target: string;
  readonly onto: string;
}

/** The result of merging a branch with `onto`, without moving any branch. */
export type Trial =
  | { readonly kind: 'clean'; readonly commit: string; readonly note: string | null }
  | { readonly kind: 'conflict'; readonly files: readonly string[] }
  /** The user has to decide about these changes first. */
  | { readonly kind: 'held'; readonly findings: readonly Finding[] }
  /** The user's signing program could not sign the commit. */
  | ({ readonly kind: 'unsigned' } & Waits);

/** The facts about a branch that are known so far. Secrets are replaced in all texts. */
export interface BranchFacts {
  /** The commit that an earlier supervisor announced for it, if the target contains that commit; otherwise null. */
  readonly announced?: string | null;
  /** Set if merging it would bring back commits that were removed from the target. */
  readonly rewritten?: Waits | null;
  /** Its common ancestor with the target. */
  readonly ancestor?: string | null;
  /** Changes that its scope does not allow; also null if scopes are not enforced. */
  readonly outOfScope?: string | null;
  /** Whether `onto` contains all of it. */
  readonly isInStack?: boolean;
  readonly trial?: Trial;
  /** The commit that contains all of its work on the target, although the branch was not merged. */
  readonly there?: string | null;
}

/** What to do with a branch. */
export type BranchStep =
  | { readonly kind: 'look'; readonly at: keyof BranchFacts }
  /** Already merged, but the supervisor was killed before recording it. */
  | { readonly kind: 'merged_before'; readonly commit: string }
  | { readonly kind: 'merged'; readonly commit: string; readonly notes: readonly string[] }
  | { readonly kind: 'record'; readonly event: RunEvent }
  | { readonly kind: 'stack'; readonly link: Link }
  /** It conflicts with a branch below it in the stack, which may not get merged. */
  | { readonly kind: 'wait' }
  /** It waits for the user, and so do all branches after it. */
  | ({ readonly kind: 'hold_rest' } & Waits);

/** One branch in the stack: `commit` is `from` with the task's work. */
export interface Link {
  readonly task: PlannedTask;
  readonly from: string;
  readonly commit: string;
  readonly note: string | null;
}

const MOST_CHARACTERS = 2000; // journal records must stay small

/**
 * What to do with a branch, or which fact to look up first. A branch that is already in the target, or cannot or must
 * not be merged, is settled; any other goes on the stack.
 */
export function mergeBranch(plan: Plan, branch: Branch, facts: BranchFacts): BranchStep {
  const { task, tip, target, onto } = branch;
  const { announced, rewritten, ancestor, outOfScope, isInStack, trial } = facts;
  if (announced === undefined) return look('announced');
  if (announced !== null) return { kind: 'merged_before', commit: announced };
  if (rewritten === undefined) return look('rewritten');
  if (rewritten !== null) return record(mergeHeld(task.id, rewritten.reason, rewritten.hint));
  if (ancestor === undefined) return look('ancestor');
  if (ancestor === null) {
    const message = `branch ${task.branch} shares no history with ${targetOf(plan).ref}`;
    return record({ type: 'task_failed', task: task.id, reason: 'agent_error', message });
  }
  if (ancestor === tip) return { kind: 'merged', commit: target, notes: [] }; // the user merged it
  if (outOfScope === undefined) return look('outOfScope');
  if (outOfScope !== null) {
    const message = outOfScope.slice(0, MOST_CHARACTERS);
    return record({ type: 'task_failed', task: task.id, reason: 'scope_violation', message });
  }
  if (onto !== target) {
    if (isInStack === undefined) return look('isInStack');
    if (isInStack) return { kind: 'stack', link: { task, from: onto, commit: onto, note: null } };
  }
  if (trial === undefined) return look('trial');
  switch (trial.kind) {
    case 'clean':
      return { kind: 'stack', link: { task, from: onto, commit: trial.commit, note: trial.note } };
    case 'unsigned': {
      const hint = text`${trial.hint}   (after fixing that: ${o8('merge', { run: plan.runId })})`;
      return { kind: 'hold_rest', reason: trial.reason.slice(0, MOST_CHARACTERS), hint };
    }
    case 'held': {
      if (onto !== target) return { kind: 'wait' };
      const held = heldOf(tip, trial.findings);
      return record(mergeHeld(task.id, held.findings[0]?.what ?? '', mergeAgain(plan.runId, task.id), held));
    }
    case 'conflict':
      return onto === target ? ofConflict(plan, branch, trial.files, facts.there) : { kind: 'wait' };
  }
}

/** Work that was already squashed, rebased or cherry-picked conflicts with itself; it is not merged again. */
function ofConflict(
  plan: Plan,
  { task, tip, target }: Branch,
  files: readonly string[],
  there: string | null | undefined,
): BranchStep {
  if (there === undefined) return look('there');
  if (there === null) {
    return record({
      type: 'task_conflicted',
      task: task.id,
      files: [...files],
      targetCommit: target,
      branchCommit: tip,
    });
  }
  const since = `already has its work since ${there.slice(0, 12)}, which was committed without a merge`;
  return { kind: 'merged', commit: there, notes: [`not merged: ${targetName(targetOf(plan))} ${since}`] };
}

function look(at: keyof BranchFacts): BranchStep {
  return { kind: 'look', at };
}

function record(event: RunEvent): BranchStep {
  return { kind: 'record', event };
}
