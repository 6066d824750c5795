import * as z from 'zod';
import { liveFiguresSchema, taskViewSchema } from './status-view.js';

/**
 * `.claude/parallel-queue.json`: what people and scripts read of the current or last run. Derived from the
 * journal; deleting it loses nothing. `live` has figures newer than the journal, by task id.
 */
export const queueSnapshotSchema = z.object({
  version: z.literal(1),
  runId: z.string(),
  state: z.string(),
  base: z.string(),
  target: z.string(),
  supervisor: z.object({ pid: z.number(), alive: z.boolean() }),
  counts: z.record(z.string(), z.number()),
  cursor: z.number(),
  updatedAt: z.string(),
  /** Why no new agent is started now (disk, memory); null when nothing holds back. */
  holdBack: z.string().nullable(),
  tasks: z.array(taskViewSchema),
  live: z.record(z.string(), liveFiguresSchema),
});
export type QueueSnapshot = z.infer<typeof queueSnapshotSchema>;
