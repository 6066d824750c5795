import * as z from 'zod';
import { O8Error } from '../core/errors.js';
import { continueRun, findContinuation } from './continue-run.js';
import { defineTool } from './define-tool.js';
import { latestInterrupted } from './load-run.js';
import { refuseLocked } from './lock-error.js';
import { generateScripts } from './generate-scripts.js';
import { refuseNested } from './refuse-nested.js';
import { pauseRun } from './pause-run.js';
import { openContext } from './repository-context.js';
import { againCommand, planFlagsShape, requireSelection, selectionShape, selectionWords } from './selection.js';
import { readyPlan, startFresh } from './start-fresh.js';
import { readSettledLock } from './settled-lock.js';
import { takeOver } from './take-over.js';

const outputSchema = z.object({
  runId: z.string().optional(),
  message: z.string(),
  supervisor: z.object({ pid: z.number() }).optional(),
  cursor: z.number().optional().describe('since for the first status'),
  continued: z.boolean().optional().describe('an earlier run goes on'),
  warnings: z.array(z.string()).optional(),
  tasks: z.array(z.object({ id: z.string(), wave: z.number(), state: z.string(), branch: z.string() })),
  text: z.string().optional(),
});
export type SpawnResult = z.input<typeof outputSchema>;

const inputSchema = z.strictObject({
  ...selectionShape,
  ...planFlagsShape,
  retryFailed: z.boolean().optional().describe('run the failed tasks of the last run again'),
  resume: z.boolean().optional().describe('go on with the interrupted run; needs no selection'),
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
  runId: z.string().optional().describe('with pause; default: the active run'),
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
    const { root } = await openContext(context);
    if (input.pause !== undefined) return pauseRun(input.pause, root, input, context);
    if (input.runId !== undefined) throw new O8Error('usage', 'runId belongs to pause.', 'o8 spawn --help');
    if (input.generateOnly === true) return generateScripts(requireSelection(input), input, context);
    const lock = await readSettledLock(root);
    refuseLocked(lock, { force: input.force === true, again: againCommand(input) });
    const goesOn = input.resume === true || input.retryFailed === true;
    if (lock.kind === 'held' && !goesOn) await readyPlan(requireSelection(input), input, context); // or nobody is stopped
    // Who can be seen is stopped here, once: a supervisor started by force would stop one that won meanwhile, too.
    const force = input.force === true && lock.kind === 'unknown' ? 'force' : 'wait_your_turn';
    const warnings =
      lock.kind === 'stale'
        ? [
            `Found stale lock file (PID ${String(lock.holder.process.pid)} not running)\nRemoving stale lock and continuing...`,
          ]
        : await takeOver(root, lock, context.env);
    if (input.resume === true && selectionWords(input) === null) {
      const interrupted = await latestInterrupted(root);
      if (interrupted === null) return { message: 'No interrupted run to resume.', tasks: [] };
      return continueRun({ root, run: interrupted, input, context, warnings, wish: { kind: 'resume' }, force });
    }
    const selection = requireSelection(input);
    const found = await findContinuation(root, selection, input, context);
    switch (found.kind) {
      case 'continue':
        return continueRun({ root, run: found.run, input, context, warnings, wish: found.wish, force });
      case 'nothing':
        return { message: found.message, tasks: [] };
      case 'fresh':
        return startFresh(selection, input, context, { warnings, force });
    }
  },
});
