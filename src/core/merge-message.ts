import type { Plan, PlannedTask } from './plan.js';
import type { MergeStrategy } from './settings.js';

/** Message of the commit that brings a task's branch to the target; trailers make history readable by machine. */
export function mergeMessage(plan: Plan, task: PlannedTask, strategy: MergeStrategy): string {
  const into = plan.target.branch ?? plan.target.ref;
  const subject =
    strategy === 'squash' ? `${task.stem} (squashed from ${task.branch})` : `Merge ${task.branch} into ${into}`;
  return withTrailers(subject, plan, task.id);
}

/** Message of the commit that brings new commits of the base into the run's target before it lands. */
export function refreshMessage(plan: Plan): string {
  return withTrailers(`Merge ${plan.target.branch ?? plan.target.ref} with ${plan.base.branch}`, plan, null);
}

/** Message of the commit in which o8 keeps what a successful agent left uncommitted. */
export function leftoversMessage(plan: Plan, task: PlannedTask): string {
  return withTrailers(`Changes ${task.id} left uncommitted`, plan, task.id);
}

function withTrailers(subject: string, plan: Plan, task: string | null): string {
  const trailers = [`O8-Run: ${plan.runId}`, ...(task === null ? [] : [`O8-Task: ${task}`])];
  return `${subject}\n\n${trailers.join('\n')}\n`;
}
