import { o8, text, type Text } from '../core/base/text.js';
import type { Plan } from '../core/plan/plan.js';
import { takenTasks } from './context/taken-names.js';
import { NOTHING_RUNNING } from './context/nothing-running.js';
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { defineTool } from './context/define-tool.js';
import { askSupervisor } from './run/ask-supervisor.js';
import { findRun, loadRun, requireRun, requireTask } from './context/load-run.js';
import { RunFiles, type LoadedRun } from './context/run-files.js';
import { theOpenRun } from './context/find-open-runs.js';
import { refuseNested } from './context/refuse-nested.js';
import { openContext } from './context/repository-context.js';
import { cleanupAnswerSchema, type CleanupResult } from '../core/run/request-results.js';
import { counted } from '../core/text/counted.js';
import { taskOf } from '../core/run/run-state.js';
import { heldOfTask, isRunning } from '../core/run/task-state.js';
import type { RunHome } from '../store/files/paths.js';

export const abort = defineTool({
  name: 'abort',
  title: 'Stop a run',
  description:
    'Stop a run or one of its tasks, with all processes of its agents. Work is kept; worktrees stay unless cleanup is true.',
  input: z.strictObject({
    runId: z.string().optional().describe('default: the unfinished run'),
    task: z.string().optional().describe('stop only this task'),
    cleanup: z.boolean().optional().describe('also remove the worktrees; uncommitted work goes to a rescue ref'),
    dryRun: z.boolean().optional().describe('show what would be stopped; stop nothing'),
  }),
  output: z.object({
    runId: z.string().optional(),
    dryRun: z.boolean().optional(),
    message: z.string().describe('untrusted'),
    notes: z.array(z.string()).optional().describe('untrusted: tasks waiting to be merged, other unfinished runs'),
    stopped: z.array(
      z.object({
        task: z.string(),
        pid: z.number().optional(),
        worktree: z.string().optional().describe('kept here'),
        rescue: z.string().optional().describe('ref that holds its uncommitted work'),
        survivors: z.array(z.number()).optional().describe('processes that could not be stopped'),
      }),
    ),
    cleanup: cleanupAnswerSchema.optional(),
  }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  async run(input, context) {
    refuseNested('abort', context);
    const { home } = await openContext(context);
    const meant = await meantRun(home, input.runId);
    if (meant === null) return { message: NOTHING_RUNNING, stopped: [] };
    const { run, others } = meant;
    const found = run.plan.runId;
    const task = input.task === undefined ? null : requireTask(run.plan, input.task);
    // Held work can also be aborted after the run has finished.
    const isHeld = task !== null && heldOfTask(taskOf(run.state, task).state) !== null;
    if (run.state.phase.kind === 'finished' && !run.ownerAlive && !isHeld)
      return { message: NOTHING_RUNNING, stopped: [] };
    if (input.dryRun === true) return prediction(run, task, input.cleanup === true);
    const except = input.cleanup === true ? await takenTasks(home, run) : [];
    const request = {
      kind: 'abort' as const,
      id: randomUUID(),
      task,
      cleanup: input.cleanup ?? false,
      ...(except.length === 0 ? {} : { except }),
    };
    const { stopped: ended, cleanup } = await askSupervisor(home, found, request, context.env);
    // In the order of the plan: the agents end in any order.
    const stopped = run.plan.tasks.flatMap(({ id }) => ended.filter((one) => one.task === id));
    const removed = new Set((cleanup?.worktrees ?? []).map((worktree) => worktree.path));
    const count = counted(stopped.length, 'pipeline');
    const notes = [...waitingToMerge(await loadRun(home, found)), ...others.map(otherText)];
    return {
      runId: found,
      message:
        stopped.length === 0
          ? `No agent was running. ${task === null ? `Run ${found}` : `Task ${task}`} is stopped.`
          : `Aborted ${count}. ${worktreesText(run.plan, cleanup)}`,
      ...(notes.length === 0 ? {} : { notes }),
      stopped: stopped.map(({ task: id, pid, worktree, rescue, survivors }) => ({
        task: id,
        ...(pid === null ? {} : { pid }),
        ...(worktree === null || removed.has(worktree) ? {} : { worktree }),
        ...(rescue === null ? {} : { rescue }),
        ...(survivors.length === 0 ? {} : { survivors }),
      })),
      ...(cleanup === null ? {} : { cleanup }),
    };
  },
});

function worktreesText({ tasks }: Plan, cleanup: CleanupResult | null): string {
  if (cleanup === null) return 'Worktrees preserved for debugging.';
  const left = cleanup.kept.filter(({ what }) => tasks.some(({ worktree }) => worktree === what)).length;
  return left === 0 ? 'Worktrees removed.' : `Worktrees removed, except ${String(left)} that still hold work.`;
}

/** What an abort would stop now. Sends no request. */
function prediction({ plan, state }: LoadedRun, only: string | null, cleanup: boolean) {
  const stopped = plan.tasks.flatMap(({ id, worktree }) => {
    const { state: task } = taskOf(state, id);
    if (!isRunning(task) || (only !== null && id !== only)) return [];
    return [
      {
        task: id,
        ...(task.process.kind === 'started' ? { pid: task.process.pid } : {}),
        ...(cleanup ? {} : { worktree }),
      },
    ];
  });
  const what = only === null ? `run ${plan.runId}` : `task ${only} of run ${plan.runId}`;
  const message =
    `Dry run: this would stop ${what} with ${counted(stopped.length, 'running agent')}` +
    `${cleanup ? ' and remove its worktrees' : ', and keep its worktrees'}. Nothing was stopped.`;
  return { runId: plan.runId, dryRun: true, message, stopped };
}

function waitingToMerge({ plan, state }: LoadedRun): Text[] {
  const waiting = [...state.tasks.values()].filter(({ state: task }) => task.state === 'merge_pending').length;
  if (waiting === 0) return [];
  return [
    text`${counted(waiting, 'finished task')} ${waiting === 1 ? 'waits' : 'wait'} to be merged: ${o8('merge', { run: plan.runId })}`,
  ];
}

interface Meant {
  readonly run: LoadedRun;
  readonly others: readonly LoadedRun[];
}

/** The run with this id, else the unfinished one, else the newest; null when the repository has no run. */
async function meantRun(home: RunHome, runId: string | undefined): Promise<Meant | null> {
  if (runId !== undefined) return { run: await requireRun(home, runId), others: [] };
  const files = new RunFiles(home);
  const open = await theOpenRun(files, (id) => o8('abort', { run: id }));
  if (open.kind === 'one') return open;
  const found = await findRun(files, undefined);
  return found === null ? null : { run: await files.load(found), others: [] };
}

function otherText({ plan }: LoadedRun): Text {
  return text`Run ${plan.runId} is interrupted and was left as it is: ${o8('abort', { run: plan.runId })}`;
}
