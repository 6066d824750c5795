import type { Plan } from '../plan/plan.js';
import type { LandingRecord, RunState, Undoing } from '../run/run-state.js';
import { targetOf, wayToLand } from '../plan/target.js';

/** The state of a task's work on the base branch, as far as o8 changed it; `none`: o8 has not landed it. */
export type BasePresence =
  { readonly kind: 'none' } | { readonly kind: 'landed' } | { readonly kind: 'taken_back'; readonly how: Undoing };

export function baseRef(plan: Plan): string {
  return `refs/heads/${plan.base.branch}`;
}

/** Everything that the run merged is on its base branch, and nothing was reverted. */
export function hasLanded(plan: Plan, state: RunState): boolean {
  const isThere = state.landed !== null || ['as_merged', 'by_pull_request'].includes(wayToLand(targetOf(plan)));
  return isThere && takenBackTasks(plan, state).length === 0;
}

/** The landings that undoing the whole run removes from the base branch, newest first. */
export function standingLandings(plan: Plan, state: RunState): LandingRecord[] {
  return state.landings.filter(({ ref, undone }) => ref === baseRef(plan) && undone === null).reverse();
}

/** The landings that an undo would revert now, newest first: of the whole run, or of one task. */
export function landingsToUndo(plan: Plan, state: RunState, task: string | null): LandingRecord[] {
  if (task === null) return standingLandings(plan, state);
  const own = landingOfTask(state, task);
  return own !== null && basePresence(plan, state, task).kind === 'landed' ? [own] : [];
}

/** A task's own landing, the newest if it was merged more than once. */
export function landingOfTask(state: RunState, task: string): LandingRecord | null {
  return state.landings.findLast((landing) => landing.task === task) ?? null;
}

/** Follows a task's work through the landings of the target; each landing contains only the listed work. */
export function basePresence(plan: Plan, state: RunState, task: string): BasePresence {
  const own = landingOfTask(state, task);
  if (own === null) return { kind: 'none' };
  if (own.undone !== null) return { kind: 'taken_back', how: own.undone };
  if (own.ref === baseRef(plan)) return { kind: 'landed' };
  let last: BasePresence = { kind: 'none' };
  for (const whole of state.landings) {
    if (whole.task !== null || whole.ref !== baseRef(plan) || !whole.tasks.includes(task)) continue;
    if (whole.undone === null) return { kind: 'landed' };
    last = { kind: 'taken_back', how: whole.undone };
    if (whole.undone.kind === 'reverted') return last; // a later landing does not contain it again
  }
  return last;
}

/** A task whose work is off the base branch until the reverting commit is itself reverted. */
export interface TakenBack {
  readonly task: string;
  readonly commit: string;
}

/** In the order of the plan. Excludes work whose branch was moved back: the next `merge` lands it again. */
export function takenBackTasks(plan: Plan, state: RunState): TakenBack[] {
  return plan.tasks.flatMap(({ id }) => {
    const presence = basePresence(plan, state, id);
    const reverted = presence.kind === 'taken_back' && presence.how.kind === 'reverted';
    return reverted ? [{ task: id, commit: presence.how.commit }] : [];
  });
}

/** The command that restores all of it, empty if nothing was reverted. */
export function bringsBack(takenBack: readonly TakenBack[]): string {
  const commits = [...new Set(takenBack.map(({ commit }) => commit.slice(0, 12)))];
  return commits.length === 0 ? '' : `git revert ${commits.join(' ')}`;
}

/** Why nothing of the run is left to land on the base branch. */
export function whyNothingToLand(branch: string, takenBack: readonly TakenBack[]): string {
  return takenBack.length === 0
    ? `${branch} is up to date`
    : `${branch} is up to date except for reverted work (${bringsBack(takenBack)} restores it)`;
}

/** The text for a task whose work was reverted on the base branch. */
export function takenBackText(branch: string, { commit }: TakenBack): string {
  return `reverted on ${branch}; git revert ${commit.slice(0, 12)} restores it`;
}
