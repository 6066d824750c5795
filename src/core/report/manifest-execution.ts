import type { Plan } from '../plan/plan.js';
import type { TaskStateName } from '../run/task-state.js';
import type { RunState } from '../run/run-state.js';

export type ExecutionStatus = 'pending' | 'running' | 'completed' | 'failed';

/**
 * A manifest's `execution` block; its keys are fixed. `failed_tasks` contains ids, like `waves[].tasks`, so that
 * scripts can join them; `errors`, an additional key, has the reasons.
 */
export interface ExecutionBlock {
  readonly status: ExecutionStatus;
  readonly script_path: string;
  readonly workspace_root: string;
  readonly options: { readonly max_concurrent: number };
  readonly waves: readonly {
    readonly wave: number;
    readonly status: ExecutionStatus;
    readonly tasks: readonly string[];
  }[];
  readonly failed_tasks: readonly string[];
  readonly skipped_tasks: readonly string[];
  readonly errors?: Readonly<Record<string, string>>;
}

/** A task's state with the `reason` it failed or the `why` it was skipped. */
export interface ExecutionTask {
  readonly state: TaskStateName;
  readonly reason?: string;
}

/** The tasks of a run's state for `executionBlock`. */
export function executionTasks(state: RunState): ReadonlyMap<string, ExecutionTask> {
  return new Map(
    [...state.tasks.values()].map(({ id, state: task }): [string, ExecutionTask] => {
      if (task.state === 'merge_pending' && task.hold !== null)
        return [id, { state: 'merge_conflict', reason: task.hold.held === null ? 'waiting_to_merge' : 'held' }];
      if (task.state === 'failed') return [id, { state: task.state, reason: task.reason }];
      if (task.state === 'skipped') return [id, { state: task.state, reason: task.why }];
      return [id, { state: task.state }];
    }),
  );
}

type Progress = 'waiting' | 'active' | 'done' | 'failed' | 'blocked' | 'left_out';

/**
 * The block for a plan and the state of its tasks; a task without a state has not started. Conflicts and aborted tasks
 * also count as failed, because they need `retryFailed` or the user. Tasks left out because another wave was selected
 * (`reason: other_wave`) are still pending.
 */
export function executionBlock(plan: Plan, states: ReadonlyMap<string, ExecutionTask>): ExecutionBlock {
  const ids = plan.tasks.map((task) => task.id);
  const progress = new Map(ids.map((id) => [id, progressOf(states.get(id))]));
  const failed = ids.filter((id) => progress.get(id) === 'failed');
  const errors = failed.map((id) => [id, states.get(id)?.reason ?? states.get(id)?.state ?? 'failed'] as const);
  return {
    status: statusOf(ids.map((id) => progress.get(id) ?? 'waiting')),
    script_path: 'scripts/run-parallel.sh',
    workspace_root: plan.settings.workspaceRoot,
    options: { max_concurrent: plan.settings.maxConcurrency },
    waves: plan.waves.map((wave) => ({
      wave: wave.number,
      status: statusOf(wave.tasks.map((id) => progress.get(id) ?? 'waiting')),
      tasks: wave.tasks,
    })),
    failed_tasks: failed,
    skipped_tasks: ids.filter((id) => states.get(id)?.state === 'skipped' && progress.get(id) === 'done'),
    ...(errors.length > 0 ? { errors: Object.fromEntries(errors) } : {}),
  };
}

function progressOf(task: ExecutionTask | undefined): Progress {
  switch (task?.state) {
    case undefined:
    case 'queued':
      return 'waiting';
    case 'worktree_created':
    case 'running':
    case 'merge_pending':
      return 'active';
    case 'complete':
      return 'done';
    case 'skipped':
      return task.reason === 'other_wave' ? 'left_out' : 'done';
    case 'failed':
    case 'merge_conflict':
    case 'aborted':
      return 'failed';
    case 'blocked':
      return 'blocked';
  }
}

/** `running` while any task can still change; `failed` only after that. */
function statusOf(tasks: readonly Progress[]): ExecutionStatus {
  const has = (progress: Progress) => tasks.includes(progress);
  if (has('active')) return 'running';
  if (has('waiting')) return has('done') || has('failed') ? 'running' : 'pending';
  if (has('failed')) return 'failed';
  if (has('blocked')) return has('done') ? 'failed' : 'pending';
  return has('left_out') ? 'pending' : 'completed';
}
