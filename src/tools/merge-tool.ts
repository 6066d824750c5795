import type { Unspelled } from '../core/text/spelling.js';
import { o8, placeholder, withFlags, type Command } from '../core/base/text.js';
import { mergeTaskSchema } from './predict/merge-task.js';
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { O8Error } from '../core/base/errors.js';
import {
  pullResultSchema,
  resolutionAnswerSchema,
  shownLandingSchema,
  undoneAnswerSchema,
  type Undone,
} from '../core/run/request-results.js';
import type { Request } from '../core/run/requests.js';
import { leftOutOf, leftOutSchema } from '../core/run/left-out.js';
import { landingsToUndo, takenBackText, type TakenBack } from '../core/merge/landings.js';
import { mergeIntoSchema, mergeStrategySchema } from '../core/settings/settings.js';
import { taskOf } from '../core/run/run-state.js';
import { runStateName, taskView } from '../core/report/status-view.js';
import { takenBackNow } from '../git/refs/standing-reverts.js';
import { attemptPaths, type RunHome } from '../store/files/paths.js';
import { defineTool } from './context/define-tool.js';
import { askSupervisor } from './run/ask-supervisor.js';
import { loadRun, namedRun, requireRun, requireTask } from './context/load-run.js';
import type { LoadedRun } from './context/run-files.js';
import { predictionShape, predictMerges } from './predict/predict-merges.js';
import { predictPulls } from './predict/predict-pulls.js';
import { refuseInterrupted } from './context/refuse-interrupted.js';
import { refuseNested } from './context/refuse-nested.js';
import { openContext } from './context/repository-context.js';
import { targetName, targetOf } from '../core/plan/target.js';

const inputSchema = z.strictObject({
  runId: z.string().optional().describe('default: the active run, else the newest'),
  epic: z.string().optional().describe('instead of runId: its newest run'),
  task: z.string().optional().describe('land this task and all merged before it'),
  dryRun: z.boolean().optional().describe('predict the result; change nothing'),
  uncommitted: z.boolean().optional().describe('with dryRun: include uncommitted changes'),
  into: mergeIntoSchema
    .extract(['integration', 'base'])
    .optional()
    .describe('integration: merge waiting tasks, land nothing on the base'),
  strategy: mergeStrategySchema.optional().describe('how tasks are merged from now on'),
  resolve: z.boolean().optional().describe("open the task's conflict in its worktree"),
  undo: z.boolean().optional().describe('revert what landed on the base, or only the task; dryRun shows what'),
  acceptHeld: z.boolean().optional().describe("with task: land it although it is held; only on the user's decision"),
  noReview: z.boolean().optional().describe('pull requests: merge without a review by the merger agent'),
});
type MergeInput = z.output<typeof inputSchema>;

const outputSchema = z.object({
  runId: z.string(),
  state: z.string().describe('running: waiting tasks continue now'),
  base: z.string(),
  target: z.string(),
  tasks: z.array(mergeTaskSchema),
  landing: shownLandingSchema.optional(),
  pulls: z.array(pullResultSchema).optional().describe('pull requests, and what was or would be done with each'),
  ...predictionShape,
  resolution: resolutionAnswerSchema.optional(),
  undone: z.array(undoneAnswerSchema).optional().describe('newest landing first'),
  leftOut: leftOutSchema.optional().describe('tasks left out of the run, and how to run them'),
});
type Answer = Unspelled<z.input<typeof outputSchema>>;

export const merge = defineTool({
  name: 'merge',
  title: 'Land the work of a run',
  description:
    "Land a run's merged tasks on the base branch by fast-forward, and retry merges that waited (for a resolved conflict, a clean checkout). dryRun predicts conflicts, also of running agents; resolve opens a conflict; undo reverts what landed.",
  input: inputSchema,
  output: outputSchema,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
  async run(input, context) {
    refuseNested('merge', context);
    const wish = wishOf(input);
    const { home, repo } = await openContext(context);
    const run = await requireRun(home, await namedRun(home, input));
    const { runId, base } = run.plan;
    const task = input.task === undefined ? null : requireTask(run.plan, input.task);
    const head = { runId, base: base.branch, target: targetName(targetOf(run.plan)) };
    if (wish === 'predict') {
      const predicted = await predictMerges(repo, run, { only: task, uncommitted: input.uncommitted === true });
      const pulls = await predictPulls(repo, run, task, context);
      const asked = pulls === null ? {} : { pulls };
      return { ...head, state: runStateName(run.state, run.ownerAlive), ...predicted, ...asked };
    }
    if (wish === 'predict_undo') {
      return { ...head, state: runStateName(run.state, run.ownerAlive), tasks: [], undone: undoPrediction(run, task) };
    }
    refuseInterrupted('merge', run);
    const id = randomUUID();
    const ask = async (request: Extract<Request, { kind: 'merge' | 'resolve' | 'undo' }>): Promise<Answer> => {
      const answer = await askSupervisor(home, runId, request, context.env);
      const now = await loadRun(home, runId);
      const off = request.kind === 'merge' ? await takenBackNow(repo, now.plan, now.state) : [];
      const tasks = request.kind === 'merge' ? outcome(home, now, task, off) : [];
      const leftOut = request.kind === 'merge' && task === null ? leftOutOf(now.plan, now.state, home.root) : [];
      const more = leftOut.length === 0 ? {} : { leftOut };
      return { ...head, state: runStateName(now.state, now.ownerAlive), tasks, ...answer, ...more };
    };
    switch (wish) {
      case 'resolve':
        if (task === null) throw needsTask(input);
        return ask({ kind: 'resolve', id, task });
      case 'undo':
        return ask({ kind: 'undo', id, task });
      case 'merge':
        return ask({
          kind: 'merge',
          id,
          task,
          into: input.into ?? null,
          strategy: input.strategy ?? null,
          ...(input.acceptHeld === true ? { acceptHeld: true } : {}),
          ...(input.noReview === true ? { noReview: true } : {}),
        });
    }
  },
});

function undoPrediction({ plan, state }: LoadedRun, task: string | null): Undone[] {
  const landings = landingsToUndo(plan, state, task);
  if (landings.length === 0) {
    return [{ kind: 'nothing', reason: `${task ?? 'the run'} has nothing on ${plan.base.branch} that o8 put there` }];
  }
  return landings.map((landing) => ({
    kind: 'would_undo',
    branch: plan.base.branch,
    landing: landing.to,
    ...(landing.task === null ? {} : { task: landing.task }),
  }));
}

type Wish = 'merge' | 'predict' | 'predict_undo' | 'resolve' | 'undo';

/** Which of its actions the tool should do. O8Error `usage` for inputs that cannot be combined. */
function wishOf(input: MergeInput): Wish {
  const given = (['dryRun', 'uncommitted', 'into', 'strategy', 'resolve', 'undo', 'acceptHeld'] as const).filter(
    (name) => input[name] !== undefined && input[name] !== false,
  );
  for (const wish of ['resolve', 'undo'] as const) {
    if (input[wish] !== true) continue;
    const others = given.filter((name) => name !== wish);
    const onlyPredicts = wish === 'undo' && others.every((name) => name === 'dryRun');
    if (others.length > 0 && !onlyPredicts) {
      const message = `${wish} cannot be combined with ${others.join(' and ')}.`;
      throw new O8Error('usage', message, withFlags(mergeCommand(input, wish === 'resolve'), { [wish]: true }));
    }
    if (wish === 'resolve' && input.task === undefined) throw needsTask(input);
    return wish === 'undo' && input.dryRun === true ? 'predict_undo' : wish;
  }
  if (input.acceptHeld === true) {
    if (input.task === undefined) {
      throw new O8Error(
        'usage',
        'acceptHeld needs a task.',
        withFlags(mergeCommand(input, true), { acceptHeld: true }),
      );
    }
    if (input.dryRun === true) {
      throw new O8Error(
        'usage',
        'acceptHeld and dryRun cannot be combined.',
        withFlags(mergeCommand(input, true), { dryRun: true }),
      );
    }
  }
  if (input.dryRun === true) return 'predict';
  if (input.uncommitted === true) {
    const command = withFlags(mergeCommand(input, false), { dryRun: true, uncommitted: true });
    throw new O8Error('usage', 'uncommitted needs dryRun: only commits are merged.', command);
  }
  return 'merge';
}

/** The command with the given run and task. `needs`: with a placeholder when no task was given. */
function mergeCommand({ runId, task }: MergeInput, needs: boolean): Command {
  return o8('merge', { run: runId, task: task ?? (needs ? placeholder('id') : undefined) });
}

function needsTask(input: MergeInput): O8Error {
  return new O8Error(
    'usage',
    'resolve needs a task: conflicts are resolved one at a time.',
    withFlags(mergeCommand(input, true), { resolve: true }),
  );
}

function outcome(
  home: RunHome,
  { plan, state }: LoadedRun,
  only: string | null,
  takenBack: readonly TakenBack[],
): Unspelled<z.input<typeof mergeTaskSchema>>[] {
  return plan.tasks
    .filter(({ id }) => only === null || id === only)
    .map((task) => {
      const record = taskOf(state, task.id);
      const off = takenBack.find((each) => each.task === task.id);
      const view = taskView(
        plan,
        task,
        record,
        null,
        attemptPaths(home, plan.runId, task.id, Math.max(1, record.attempt)).log,
      );
      return {
        id: task.id,
        state: view.state,
        ...(record.state.state === 'complete' ? { landed: record.state.landed } : {}),
        ...(view.files === undefined ? {} : { files: view.files }),
        ...(view.moreFiles === undefined ? {} : { moreFiles: view.moreFiles }),
        ...(off === undefined
          ? view.message === undefined
            ? {}
            : { message: view.message }
          : { message: takenBackText(plan.base.branch, off) }),
        ...(view.hint === undefined ? {} : { hint: view.hint }),
        ...(view.held === undefined ? {} : { held: view.held }),
      };
    });
}
