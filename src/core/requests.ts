import { z } from 'zod';
import { mergeIntoSchema } from './settings.js';

/** What a tool asks of the supervisor: a file in the run's `requests/`. The supervisor alone changes state. */
export const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('abort'), id: z.string(), task: z.string().nullable(), cleanup: z.boolean() }),
  z.strictObject({
    kind: z.literal('merge'),
    id: z.string(),
    task: z.string().nullable(),
    into: mergeIntoSchema.extract(['integration', 'base']).nullable(),
  }),
  z.strictObject({
    kind: z.literal('cleanup'),
    id: z.string(),
    task: z.string().nullable(),
    force: z.boolean(),
    dryRun: z.boolean(),
  }),
  /** Go on with a run: `tasks` are newly selected (a wave), `retry` re-runs failed and aborted ones. */
  z.strictObject({
    kind: z.literal('continue'),
    id: z.string(),
    select: z.array(z.string()),
    skip: z.array(z.string()),
    retry: z.array(z.string()),
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

/** The answer to a request, in a file beside it; `result` is the tool's own output shape. */
export const requestResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), result: z.unknown() }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), message: z.string(), hint: z.string() }),
]);
export type RequestResult = z.infer<typeof requestResultSchema>;
