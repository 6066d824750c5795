import * as z from 'zod';
import { liveFiguresSchema, taskViewSchema } from './status-view.js';

/**
 * `.claude/parallel-queue.json`: the current or last run, for people and scripts. Derived from the journal, so it can
 * be deleted. `live` has figures newer than the journal, by task id.
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
  /** Why no new agents start now (disk, memory); null if they may. */
  holdBack: z.string().nullable(),
  tasks: z.array(taskViewSchema),
  live: z.record(z.string(), liveFiguresSchema),
});
export type QueueSnapshot = z.infer<typeof queueSnapshotSchema>;
