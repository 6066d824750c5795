import * as z from 'zod';
import type { BdCall } from './bd-call.js';

/** What Beads was told of a run, by task. */
export const toldSchema = z.strictObject({
  version: z.literal(1),
  /** The run is over, and nothing of it is left to tell. */
  settled: z.boolean(),
  tasks: z.record(
    z.string(),
    z.strictObject({
      /** Steps of its reports. */
      steps: z.number().int(),
      /** The status the issue has from us; null before the first. */
      status: z.string().nullable(),
      /** Why nothing more is told of it; null: it is. */
      refused: z.string().nullable(),
    }),
  ),
});
export type Told = z.infer<typeof toldSchema>;

export const NOTHING_TOLD: Told = { version: 1, settled: false, tasks: {} };

export function toldOf({ tasks }: Told, task: string): Told['tasks'][string] {
  return tasks[task] ?? { steps: 0, status: null, refused: null };
}

/**
 * What is told when a call has ended. An issue that refuses to be ours is not told of any more; one that others keep from
 * being closed is theirs to close.
 */
export function toldAfter(
  told: Told,
  { call, tasks }: { readonly call: BdCall; readonly tasks: readonly string[] },
  refused: readonly { readonly id: string; readonly why: string }[],
): Told {
  const changed = tasks.map((task): [string, Told['tasks'][string]] => {
    const before = toldOf(told, task);
    const why = refused.find(({ id }) => id === task)?.why ?? null;
    if (why !== null && call.kind === 'update') return [task, { ...before, refused: why }];
    return [
      task,
      { ...before, steps: before.steps + 1, status: why === null ? statusOf(call, before.status) : before.status },
    ];
  });
  return { ...told, settled: false, tasks: { ...told.tasks, ...Object.fromEntries(changed) } };
}

function statusOf(call: BdCall, before: string | null): string | null {
  switch (call.kind) {
    case 'update':
      return call.status ?? before;
    case 'close':
      return 'closed';
    case 'comment':
      return before;
  }
}
