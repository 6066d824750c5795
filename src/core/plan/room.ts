import * as z from 'zod';

/**
 * What is in the way of a run's branches and worktrees when it is made. The tool that makes the run writes it; the
 * supervisor that starts makes room as its first recorded steps.
 */
export const roomSchema = z.strictObject({
  /** Tasks whose branch and worktree an earlier run left, which is over: that attempt is retired. `ref`: keeps its commits. */
  retire: z.array(z.strictObject({ task: z.string(), runId: z.string(), attempt: z.number().int(), ref: z.string() })),
  /** Tasks whose existing worktree and branch are renamed, whoever created them. */
  aside: z.array(z.string()),
});
export type Room = z.infer<typeof roomSchema>;
export type RetiredAttempt = Room['retire'][number];

/** The tasks that wait until their branch and worktree names are free. */
export function tasksThatNeedRoom({ room }: { readonly room?: Room | undefined }): ReadonlySet<string> {
  return new Set([...(room?.retire.map(({ task }) => task) ?? []), ...(room?.aside ?? [])]);
}
