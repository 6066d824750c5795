import { spawnInputSchema, spawnOutputSchema, type SpawnInput, type SpawnResult } from './run/spawn-input.js';
import { O8Error } from '../core/base/errors.js';
import { continueRun, findContinuation } from './run/continue-run.js';
import { defineTool } from './context/define-tool.js';
import { resumeCommand } from '../core/run/open-runs.js';
import { refuseLocked } from './context/lock-error.js';
import { livingOrphans, refuseOrphans } from './context/find-open-runs.js';
import { generateScripts } from './run/write-scripts.js';
import { refuseNested } from './context/refuse-nested.js';
import { pauseRun } from './run/pause-run.js';
import { openContext } from './context/repository-context.js';
import type { LockState } from '../store/lock/lock-state.js';
import { readPlan } from '../store/runs/runs.js';
import { againCommand, selectionWords } from './context/again-command.js';
import { requireSelection } from './plan/selection.js';
import { readyPlan, startFresh } from './run/start-fresh.js';
import { readSettledLock } from './context/settled-lock.js';
import { NOBODY } from './run/start-supervisor.js';
import { stopOrphans, takeOver, type TakenOver } from './run/take-over.js';
import { refuseUntrustedRun } from './context/run-trust.js';

export const spawn = defineTool({
  name: 'spawn',
  title: 'Start a run',
  description:
    'Start the agents of a plan or of features in the background and return at once; the run outlives this session. Show the plan and ask the user first. Follow with status.',
  input: spawnInputSchema,
  output: spawnOutputSchema,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  async run(input, context): Promise<SpawnResult> {
    refuseNested('spawn', context);
    const { home, repo } = await openContext(context);
    if (input.pause !== undefined) return pauseRun(input.pause, home, input, context);
    refuseMixed(input);
    if (input.generateOnly === true) return generateScripts(requireSelection(input), input, context);
    const again = againCommand(input);
    const lock = await readSettledLock(home);
    if (!isRetryIn(lock, input)) refuseLocked(lock, { force: input.force === true, again });
    const goesOn = input.resume === true || input.retryFailed === true;
    const selection = goesOn && selectionWords(input) === null ? null : requireSelection(input);
    // A plan that could not start must not stop the active run.
    if (lock.kind === 'held' && !goesOn) await readyPlan(requireSelection(input), input, context);
    if (lock.kind === 'held' && goesOn)
      await refuseUntrustedRun(await readPlan(home, lock.holder.runId), home, context.env);
    // The owner found now is stopped here. A supervisor started with --force would also stop one that won the lock since.
    const { warnings, replacing }: TakenOver =
      input.force === true ? await takeOver(home, lock, context.env) : { warnings: [], replacing: NOBODY };
    if (lock.kind === 'stale')
      warnings.push(
        `Found stale lock file (PID ${String(lock.holder.process.pid)} not running)\nRemoving stale lock and continuing...`,
      );
    const found = await findContinuation(home, selection, input, context);
    if (found.kind === 'nothing')
      return { message: found.message, ...(warnings.length === 0 ? {} : { warnings }), tasks: [] };
    const orphans = await livingOrphans(home, found.kind === 'continue' ? found.run.plan.runId : null);
    if (input.force === true) warnings.push(...(await stopOrphans(home, orphans, context.env)));
    else refuseOrphans(orphans, again);
    switch (found.kind) {
      case 'continue':
        return continueRun({ repo, home, run: found.run, input, context, warnings, wish: found.wish, replacing });
      case 'fresh':
        return startFresh(found.selection, input, context, { warnings, replacing });
    }
  },
});

/** A single task of the active run, whose supervisor retries it beside the others. */
function isRetryIn(lock: LockState, { runId, task, retryFailed }: SpawnInput): boolean {
  return lock.kind === 'held' && lock.holder.runId === runId && retryFailed === true && task !== undefined;
}

/** O8Error `usage` for inputs that contradict each other. */
function refuseMixed(input: SpawnInput): void {
  const words = selectionWords(input);
  if (input.task !== undefined && input.retryFailed !== true) {
    throw new O8Error('usage', 'task is only valid with retryFailed.', againCommand({ ...input, retryFailed: true }));
  }
  if (input.runId === undefined) return;
  if (input.resume !== true && input.retryFailed !== true) {
    throw new O8Error('usage', 'runId is only valid with pause, resume or retryFailed.', resumeCommand(input.runId));
  }
  if (words !== null) {
    throw new O8Error(
      'usage',
      `Name the run or the plan, not both (${input.runId}, ${words}).`,
      resumeCommand(input.runId),
    );
  }
}
