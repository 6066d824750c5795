import * as z from 'zod';

/**
 * Branches and worktrees that already have the names this run needs. The tool that creates the run records them; the
 * supervisor moves them as its first steps.
 */
export const roomSchema = z.strictObject({
  /**
   * Tasks whose branch and worktree are from an earlier, ended run. Its attempt is retired; `ref` keeps its commits.
   */
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
