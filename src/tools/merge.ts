import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { mergeIntoSchema } from '../core/settings.js';
import { taskOf } from '../core/run-state.js';
import { runStateName, taskView } from '../core/status-view.js';
import { attemptPaths } from '../store/paths.js';
import { defineTool } from './define-tool.js';
import { askSupervisor } from './ask-supervisor.js';
import { loadRun, requireRun, requireTask, type LoadedRun } from './load-run.js';
import { predictMerges } from './predict-merges.js';
import { refuseInterrupted } from './refuse-interrupted.js';
import { refuseNested } from './refuse-nested.js';
import { openContext } from './repository-context.js';

const landingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('landed'), branch: z.string(), from: z.string(), to: z.string() }),
  z.object({ kind: z.literal('nothing'), reason: z.string() }),
  z.object({
    kind: z.literal('would_land'),
    branch: z.string(),
    from: z.string(),
    to: z.string(),
    commits: z.number(),
    message: z.string(),
  }),
  z.object({ kind: z.literal('would_conflict'), branch: z.string(), files: z.array(z.string()), message: z.string() }),
  z.object({ kind: z.literal('held'), reason: z.string(), files: z.array(z.string()), hint: z.string() }),
]);

export const mergeTaskSchema = z.object({
  id: z.string(),
  state: z.string(),
  landed: z.string().optional().describe('commit of the target that brought it in'),
  files: z.array(z.string()).optional().describe('conflicting files'),
  message: z.string().optional(),
  hint: z.string().optional(),
});

export const merge = defineTool({
  name: 'merge',
  title: 'Land the work of a run',
  description:
    "Land a run's merged tasks on the base branch by fast-forward, and try again what waited (a resolved conflict, a checkout that was in the way). dryRun predicts conflicts, also for agents still running.",
  input: z.strictObject({
    runId: z.string().optional().describe('default: the active run, else the newest'),
    task: z.string().optional().describe('land this task and what was merged before it'),
    dryRun: z.boolean().optional().describe('predict, change nothing'),
    into: mergeIntoSchema
      .extract(['integration', 'base'])
      .optional()
      .describe('integration: merge what waits, land nothing on the base'),
  }),
  output: z.object({
    runId: z.string(),
    state: z.string().describe('running: tasks that waited for this go on now'),
    base: z.string(),
    target: z.string(),
    tasks: z.array(mergeTaskSchema),
    landing: landingSchema.optional(),
  }),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  async run(input, context) {
    refuseNested('merge', context);
    const { root, repo } = await openContext(context);
    const run = await requireRun(root, input.runId);
    const { runId, base, target } = run.plan;
    const task = input.task === undefined ? null : requireTask(run.plan, input.task);
    const head = { runId, base: base.branch, target: target.branch ?? target.ref };
    if (input.dryRun === true) {
      return { ...head, state: runStateName(run.state, run.ownerAlive), ...(await predictMerges(repo, run, task)) };
    }
    refuseInterrupted('merge', run);
    const request = { kind: 'merge' as const, id: randomUUID(), task, into: input.into ?? null };
    const { landing } = z
      .object({ landing: landingSchema })
      .parse(await askSupervisor(root, runId, request, context.env));
    const now = await loadRun(root, runId);
    return { ...head, state: runStateName(now.state, now.ownerAlive), tasks: outcome(root, now, task), landing };
  },
});

function outcome(root: string, { plan, state }: LoadedRun, only: string | null): z.input<typeof mergeTaskSchema>[] {
  return plan.tasks
    .filter(({ id }) => only === null || id === only)
    .map((task) => {
      const record = taskOf(state, task.id);
      const view = taskView(
        plan,
        task,
        record,
        null,
        attemptPaths(root, plan.runId, task.id, Math.max(1, record.attempt)).log,
      );
      return {
        id: task.id,
        state: view.state,
        ...(record.state.state === 'complete' ? { landed: record.state.landed } : {}),
        ...(view.files === undefined ? {} : { files: view.files }),
        ...(view.message === undefined ? {} : { message: view.message }),
        ...(view.hint === undefined ? {} : { hint: view.hint }),
      };
    });
}
