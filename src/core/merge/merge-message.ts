import { acceptedText, type Finding } from '../held/finding.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import { targetName, targetOf } from '../plan/target.js';

/**
 * Message of the commit that merges a task's branch; its trailers are for programs. `accepted`: held changes that the
 * user let land.
 */
export function mergeMessage(plan: Plan, task: PlannedTask, accepted: readonly Finding[]): string {
  const into = targetName(targetOf(plan));
  return withTrailers([`Merge ${task.branch} into ${into}`, ...bodyOf(accepted)].join('\n\n'), trailersOf(plan, task));
}

function bodyOf(accepted: readonly Finding[]): string[] {
  return accepted.length === 0 ? [] : [acceptedText(accepted)];
}

const MOST_SUBJECTS = 100; // a longer list would not be read; the branch contains all commits

/** Message of the single commit with a branch's work; `subjects` are those of its commits, oldest first. */
export function squashMessage(
  plan: Plan,
  task: PlannedTask,
  { subjects, accepted }: { readonly subjects: readonly string[]; readonly accepted: readonly Finding[] },
): string {
  const more = subjects.length - MOST_SUBJECTS;
  const list = subjects.slice(0, MOST_SUBJECTS).map((subject) => `* ${subject}`);
  if (more > 0) list.push(`* and ${String(more)} more`);
  const head = `${task.stem} (squashed from ${task.branch})`;
  const parts = [head, ...(list.length > 0 ? [list.join('\n')] : []), ...bodyOf(accepted)];
  return withTrailers(parts.join('\n\n'), trailersOf(plan, task));
}

/** The trailers that name the run and task of a commit. */
export function trailersOf(plan: Plan, task: PlannedTask | null): string[] {
  return [`O8-Run: ${plan.runId}`, ...(task === null ? [] : [`O8-Task: ${task.id}`, `O8-Branch: ${task.branch}`])];
}

/** Message of the commit that merges new commits of the base into the run's target before it lands. */
export function refreshMessage(plan: Plan): string {
  return withTrailers(`Merge ${targetName(targetOf(plan))} with ${plan.base.branch}`, trailersOf(plan, null));
}

const MOST_OF_A_SUBJECT = 200; // written by an agent

/**
 * Message of the commit that reverts a landing: names the work first, so that it stays visible in shortened lists.
 * `subject` is that of the landing's last commit.
 */
export function revertMessage(
  plan: Plan,
  task: PlannedTask | null,
  { subject, from, to }: { readonly subject: string; readonly from: string; readonly to: string },
): string {
  const what = task === null ? `run ${plan.runId}` : `${task.id} of run ${plan.runId}`;
  const head = `Revert ${what}: ${subject.slice(0, MOST_OF_A_SUBJECT)}`;
  const body = `This reverts commit ${to} and everything that came with it since ${from}.`;
  return withTrailers(`${head}\n\n${body}`, [...trailersOf(plan, task), `O8-Reverts: ${to}`]);
}

/** Message for the commit in which a person resolves a task's conflict with the target. */
export function resolutionMessage(plan: Plan, task: PlannedTask): string {
  return withTrailers(`Merge ${targetName(targetOf(plan))} into ${task.branch}`, trailersOf(plan, task));
}

/** Message of the commit in which o8 saves what a successful agent left uncommitted. */
export function leftoversMessage(plan: Plan, task: PlannedTask): string {
  return withTrailers(`Changes ${task.id} left uncommitted`, trailersOf(plan, task));
}

function withTrailers(text: string, trailers: readonly string[]): string {
  return `${text}\n\n${trailers.join('\n')}\n`;
}
