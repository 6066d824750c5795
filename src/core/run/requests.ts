import { textSchema } from '../base/text.js';
import * as z from 'zod';
import { commandChangesSchema } from '../plan/changed-commands.js';
import { mergeIntoSchema, mergeStrategySchema } from '../settings/settings.js';

/** A request from a tool to the supervisor: a file in the run's `requests/`. Only the supervisor changes state. */
export const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('abort'),
    id: z.string(),
    task: z.string().nullable(),
    cleanup: z.boolean(),
    /** With `cleanup`: tasks whose branch and worktree now belong to a later run. */
    except: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal('merge'),
    id: z.string(),
    task: z.string().nullable(),
    into: mergeIntoSchema.extract(['integration', 'base']).nullable(),
    /** Used from now on; null leaves the strategy unchanged. */
    strategy: mergeStrategySchema.nullable(),
    /** Accept the held changes of the task. */
    acceptHeld: z.boolean().optional(),
    /** Of pull requests: without a review by the merger agent. */
    noReview: z.boolean().optional(),
  }),
  /** Check out a task's conflict with the target in the task's worktree. */
  z.strictObject({ kind: z.literal('resolve'), id: z.string(), task: z.string() }),
  /** Undo what landed on the base branch: the task's work, or everything if null. */
  z.strictObject({ kind: z.literal('undo'), id: z.string(), task: z.string().nullable() }),
  z.strictObject({
    kind: z.literal('cleanup'),
    id: z.string(),
    task: z.string().nullable(),
    force: z.boolean(),
    dryRun: z.boolean(),
    /** Tasks whose branch and worktree now belong to a later run. */
    except: z.array(z.string()).optional(),
  }),
  /** Continue a run: `select` adds tasks left out so far (a wave), `retry` runs failed and aborted ones again. */
  z.strictObject({
    kind: z.literal('continue'),
    id: z.string(),
    select: z.array(z.string()),
    skip: z.array(z.string()),
    retry: z.array(z.string()),
    /** Commands that have changed since the run started. */
    commands: commandChangesSchema.optional(),
    /** Also continue what an abort of the run stopped. */
    resume: z.boolean().optional(),
  }),
  /** No new agents start; `stop` also stops running ones, which can be continued later. */
  z.strictObject({ kind: z.literal('pause'), id: z.string(), agents: z.enum(['let_finish', 'stop']) }),
  z.strictObject({ kind: z.literal('unpause'), id: z.string() }),
]);
export type Request = z.infer<typeof requestSchema>;

/** The answer to a request, in a file beside it. `requestResults` has the schema of `result` for each kind. */
export const requestAnswerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), result: z.unknown() }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), message: textSchema, hint: textSchema }),
]);
export type RequestAnswer = z.infer<typeof requestAnswerSchema>;
