import { textSchema } from '../base/text.js';
import * as z from 'zod';

/** `start.json` of a run: how the newest attempt to become its supervisor went. Answers `spawn`, then is history. */
export const supervisorStartSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('won'),
    pid: z.number(),
    at: z.string(),
    replaced: z.strictObject({ pid: z.number(), runId: z.string() }).nullable(),
    /** What made room for the run, and what could not, for people. */
    moved: z.array(z.string()).optional(),
    problems: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal('lost'),
    /** Pid of the supervisor that lost, so that an old answer is not taken for the new one. */
    pid: z.number(),
    at: z.string(),
    holder: z.strictObject({
      pid: z.number(),
      runId: z.string(),
      startedAt: z.string(),
      why: z.enum(['held', 'unknown']),
    }),
  }),
  z.strictObject({ kind: z.literal('failed'), pid: z.number(), at: z.string(), message: z.string(), hint: textSchema }),
]);
export type SupervisorStart = z.infer<typeof supervisorStartSchema>;
