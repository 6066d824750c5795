import * as z from 'zod';
import { commandChangesSchema } from '../plan/changed-commands.js';
import { mergeIntoSchema, mergeStrategySchema } from '../settings/settings.js';

/** What a tool asks of the supervisor: a file in the run's `requests/`. The supervisor alone changes state. */
export const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('abort'), id: z.string(), task: z.string().nullable(), cleanup: z.boolean() }),
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
  /** Take back what landed on the base branch; null: all of it. */
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

/** The result of `pause` and `unpause`. `running`: agents that finish; `stopped`: tasks whose agents were stopped. */
export const pauseResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not_running') }),
  z.strictObject({ kind: z.literal('paused'), running: z.array(z.string()), stopped: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('not_paused') }),
  z.strictObject({ kind: z.literal('resumed') }),
]);
export type PauseResult = z.infer<typeof pauseResultSchema>;

/** The result of `resolve`. `next`: commands, in order. */
export const resolutionSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('opened'),
    worktree: z.string(),
    branch: z.string(),
    files: z.array(z.string()).describe('with conflict markers, or deleted on one side: untrusted'),
    /** Files git resolved there by a merge driver or attribute, which o8 takes for conflicts. */
    silent: z.array(z.string()).describe('resolved by a merge driver, to be looked at: untrusted'),
    targetCommit: z.string(),
    branchCommit: z.string(),
    next: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('no_conflict'),
    reason: z.string().describe('untrusted'),
    next: z.array(z.string()),
  }),
]);
export type Resolution = z.infer<typeof resolutionSchema>;

const landing = { branch: z.string(), landing: z.string().describe('commit'), task: z.string().optional() };

/** What `undo` did with one landing. `again`: the command that brings the work back. */
export const undoneSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reverted'), ...landing, commit: z.string(), again: z.string() }),
  z.strictObject({ kind: z.literal('moved_back'), ...landing, to: z.string(), again: z.string() }),
  z.strictObject({
    kind: z.literal('held'),
    ...landing,
    reason: z.string().describe('untrusted'),
    files: z.array(z.string()).describe('untrusted'),
    hint: z.string(),
  }),
  z.strictObject({ kind: z.literal('would_undo'), ...landing }),
  z.strictObject({ kind: z.literal('nothing'), reason: z.string().describe('untrusted') }),
]);
export type Undone = z.infer<typeof undoneSchema>;

/** The answer to a request, in a file beside it; `result` is the tool's own output shape. */
export const requestResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), result: z.unknown() }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), message: z.string(), hint: z.string() }),
]);
export type RequestResult = z.infer<typeof requestResultSchema>;
