import * as z from 'zod';

/**
 * The structured result of a Claude worker (`--json-schema`). `no_change_needed`: the task was already done. `incomplete`:
 * the agent reports that it did not finish.
 */
export const completionReportSchema = z.object({
  status: z.enum(['complete', 'no_change_needed', 'incomplete']),
  summary: z.string(),
});
export type CompletionReport = z.infer<typeof completionReportSchema>;

/** The same as JSON schema text. The agent is shown the descriptions. */
export const COMPLETION_JSON_SCHEMA: string = JSON.stringify({
  type: 'object',
  properties: {
    status: {
      type: 'string',
      enum: completionReportSchema.shape.status.options,
      description:
        'complete: everything the task asks for is done, verified and committed. no_change_needed: it was already ' +
        'done, nothing had to change. incomplete: anything else.',
    },
    summary: {
      type: 'string',
      description: 'One to three sentences: what you did, or what is missing and why.',
    },
  },
  required: ['status', 'summary'],
  additionalProperties: false,
});
