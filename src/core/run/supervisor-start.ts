import { textSchema } from '../base/text.js';
import * as z from 'zod';

/** `start.json` of a run: the result of the latest attempt to become its supervisor. `spawn` waits for it. */
export const supervisorStartSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('won'),
    pid: z.number(),
    at: z.string(),
    replaced: z.strictObject({ pid: z.number(), runId: z.string() }).nullable(),
    /** What was moved away for the run, and what could not be moved, for people. */
    moved: z.array(z.string()).optional(),
    problems: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal('lost'),
    /** Pid of the supervisor that did not get the lock, so that an old answer is not mistaken for a new one. */
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
