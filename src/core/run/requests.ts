import { textSchema } from '../base/text.js';
import * as z from 'zod';
import { commandChangesSchema } from '../plan/changed-commands.js';
import { mergeIntoSchema, mergeStrategySchema } from '../settings/settings.js';

/** What a tool asks of the supervisor: a file in the run's `requests/`. The supervisor alone changes state. */
export const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('abort'),
    id: z.string(),
    task: z.string().nullable(),
    cleanup: z.boolean(),
    /** With `cleanup`: tasks whose branch and worktree a later run has by now. */
    except: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal('merge'),
    id: z.string(),
    task: z.string().nullable(),
    into: mergeIntoSchema.extract(['integration', 'base']).nullable(),
    /** From now on; null: as before. */
    strategy: mergeStrategySchema.nullable(),
    /** Land the task with what was held. */
    acceptHeld: z.boolean().optional(),
  }),
  /** Check a task's conflict with the target out in the task's worktree. */
  z.strictObject({ kind: z.literal('resolve'), id: z.string(), task: z.string() }),
  /** Revert what landed on the base branch; null: all of it. */
  z.strictObject({ kind: z.literal('undo'), id: z.string(), task: z.string().nullable() }),
  z.strictObject({
    kind: z.literal('cleanup'),
    id: z.string(),
    task: z.string().nullable(),
    force: z.boolean(),
    dryRun: z.boolean(),
    /** Tasks whose branch and worktree a later run has by now. */
    except: z.array(z.string()).optional(),
  }),
  /** Go on with a run: `select` are tasks left out so far (a wave), `retry` re-runs failed and aborted ones. */
  z.strictObject({
    kind: z.literal('continue'),
    id: z.string(),
    select: z.array(z.string()),
    skip: z.array(z.string()),
    retry: z.array(z.string()),
    /** Commands that have changed since the run started. */
    commands: commandChangesSchema.optional(),
    /** Also take up what an abort of the run stopped. */
    resume: z.boolean().optional(),
  }),
  /** No new agents from now on; `stop` ends those that run, too, to be continued later. */
  z.strictObject({ kind: z.literal('pause'), id: z.string(), agents: z.enum(['let_finish', 'stop']) }),
  z.strictObject({ kind: z.literal('unpause'), id: z.string() }),
]);
export type Request = z.infer<typeof requestSchema>;

/** The answer to a request, in a file beside it; `result` as `requestResults` has it for the kind of request. */
export const requestAnswerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), result: z.unknown() }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), message: textSchema, hint: textSchema }),
]);
export type RequestAnswer = z.infer<typeof requestAnswerSchema>;
