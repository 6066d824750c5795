import * as z from 'zod';
import { O8Error } from '../core/errors.js';
import { continueRun, findContinuation } from './continue-run.js';
import { defineTool } from './define-tool.js';
import { resumeCommand } from '../core/run/open-runs.js';
import { refuseLocked } from './lock-error.js';
import { livingOrphans, refuseOrphans } from './runs/open-runs.js';
import { generateScripts } from './generate-scripts.js';
import { refuseNested } from './refuse-nested.js';
import { pauseRun } from './pause-run.js';
import { openContext } from './repository-context.js';
import { readPlan } from '../store/runs.js';
import { againCommand, planFlagsShape, requireSelection, selectionShape, selectionWords } from './selection.js';
import { readyPlan, startFresh } from './start-fresh.js';
import { readSettledLock } from './settled-lock.js';
import { stopOrphans, takeOver } from './take-over.js';
import { refuseUntrustedRun } from './trust/run-trust.js';

const outputSchema = z.object({
  runId: z.string().optional(),
  message: z.string().describe('untrusted'),
  supervisor: z.object({ pid: z.number() }).optional(),
  cursor: z.number().optional().describe('since for the first status'),
  continued: z.boolean().optional().describe('an earlier run goes on'),
  warnings: z.array(z.string()).optional().describe('untrusted'),
  tasks: z.array(z.object({ id: z.string(), wave: z.number(), state: z.string(), branch: z.string() })),
  text: z.string().optional().describe('untrusted'),
});
export type SpawnResult = z.input<typeof outputSchema>;

const inputSchema = z.strictObject({
  ...selectionShape,
  ...planFlagsShape,
  retryFailed: z.boolean().optional().describe('run the failed tasks of the last run again'),
  task: z.string().optional().describe('with retryFailed: only this task'),
  resume: z.boolean().optional().describe('go on with an interrupted or aborted run; needs no selection'),
  force: z.boolean().optional().describe('stop a live run, move old worktrees and branches aside: ask the user first'),
  skipPreflight: z.boolean().optional().describe('start although a check fails (not recommended)'),
  budgetUsd: z.coerce.number().positive().optional().describe('most the whole run may cost'),
  generateOnly: z.boolean().optional().describe('only write scripts/run-parallel.sh for the user; start nothing'),
  pause: z
    .enum(['let_finish', 'now', 'off'])
    .optional()
    .describe(
      'without a selection: start no new agents and let running ones finish, or stop them now to continue later; off: go on',
    ),
  runId: z.string().optional().describe('with pause, resume or retryFailed, instead of a selection'),
});
export type SpawnInput = z.output<typeof inputSchema>;

export const spawn = defineTool({
  name: 'spawn',
  title: 'Start a run',
  description:
    'Start the agents of a plan or of features in the background and return at once; the run outlives this session. Show the plan and ask the user first. Follow with status.',
  input: inputSchema,
  output: outputSchema,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  async run(input, context): Promise<SpawnResult> {
    refuseNested('spawn', context);
    const { home, repo } = await openContext(context);
    if (input.pause !== undefined) return pauseRun(input.pause, home, input, context);
    refuseMixed(input);
    if (input.generateOnly === true) return generateScripts(requireSelection(input), input, context);
    const again = againCommand(input);
    const lock = await readSettledLock(home);
    refuseLocked(lock, { force: input.force === true, again });
    const goesOn = input.resume === true || input.retryFailed === true;
    const selection = goesOn && selectionWords(input) === null ? null : requireSelection(input);
    // Or nobody is stopped.
    if (lock.kind === 'held' && !goesOn) await readyPlan(requireSelection(input), input, context);
    if (lock.kind === 'held' && goesOn) await refuseUntrustedRun(await readPlan(home, lock.holder.runId), context.env);
    // Who can be seen is stopped here, once: a supervisor started by force would stop one that won meanwhile, too.
    const force = input.force === true && lock.kind === 'unknown' ? 'force' : 'wait_your_turn';
    const warnings =
      lock.kind === 'stale'
        ? [
            `Found stale lock file (PID ${String(lock.holder.process.pid)} not running)\nRemoving stale lock and continuing...`,
          ]
        : await takeOver(home, lock, context.env);
    const found = await findContinuation(home, selection, input, context);
    if (found.kind === 'nothing') return { message: found.message, tasks: [] };
    const orphans = await livingOrphans(home, found.kind === 'continue' ? found.run.plan.runId : null);
    if (input.force === true) warnings.push(...(await stopOrphans(home, orphans, context.env)));
    else refuseOrphans(orphans, again);
    switch (found.kind) {
      case 'continue':
        return continueRun({ repo, home, run: found.run, input, context, warnings, wish: found.wish, force });
      case 'fresh':
        return startFresh(found.selection, input, context, { warnings, force });
    }
  },
});

/** Inputs that say different things at once. O8Error `usage`. */
function refuseMixed(input: SpawnInput): void {
  const words = selectionWords(input);
  if (input.task !== undefined && input.retryFailed !== true) {
    const command = `${againCommand(input)} --retry-failed --task ${input.task}`;
    throw new O8Error('usage', 'task is only valid with retryFailed.', command);
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
