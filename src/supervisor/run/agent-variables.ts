import { sourceOf } from '../../core/plan/sources.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import type { Run } from './run.js';

/** Ten ports per task, below the range from which operating systems assign ports (32768 and up). */
const FIRST_PORT = 20_000;
const PORTS_PER_TASK = 10;

/** The environment of an agent, or of `setup` and `verify` (attempt null): the parent's, cleaned, plus O8_*. */
export function agentEnvironmentOf(
  run: Run,
  task: PlannedTask,
  attempt: { readonly id: string; readonly promptFile: string } | null,
): Record<string, string> {
  const index = run.plan.tasks.findIndex(({ id }) => id === task.id);
  return agentEnvironment(run.env, {
    ...sourceOf(run.plan.source).agentVariables,
    O8_RUN_ID: run.plan.runId,
    O8_TASK_ID: task.id,
    O8_WORKTREE: task.worktree,
    O8_BRANCH: task.branch,
    O8_BASE: run.plan.base.branch,
    O8_PORT: String(FIRST_PORT + index * PORTS_PER_TASK),
    ...(attempt === null ? {} : { O8_ATTEMPT: attempt.id, O8_PROMPT_FILE: attempt.promptFile }),
    // An agent's own git must not remove objects that another worktree still needs (git gc).
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'gc.auto',
    GIT_CONFIG_VALUE_0: '0',
  });
}
