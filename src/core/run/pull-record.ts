import * as z from 'zod';

/** The last observed state of a pull request: what it waits for, or how it ended. `message` is for the user. */
export const pullSeenSchema = z.strictObject({
  kind: z.enum(['waiting', 'ready', 'checks_failed', 'changes_requested', 'conflict', 'refused', 'merged', 'closed']),
  message: z.string(),
  /** Its commit at that time. */
  head: z.string(),
});
export type PullSeen = z.infer<typeof pullSeenSchema>;

/** A task's branch on the remote and its pull request, according to the journal. */
export interface PullRecord {
  /** The commit that was pushed last; null before the first push. */
  readonly pushed: string | null;
  /** When (ISO time), and the commit that it replaced. */
  readonly pushedAt: string | null;
  readonly before: string | null;
  /** A push that was announced and not yet recorded as done. */
  readonly intent: { readonly commit: string; readonly replaces: string | null } | null;
  /** The pushed commit that the pull request's text is about; null before it was opened. */
  readonly described: string | null;
  readonly opened: { readonly number: number; readonly url: string; readonly base: string } | null;
  readonly seen: (PullSeen & { readonly at: string }) | null;
  /** The last review by the merger agent. It is valid only for this commit. */
  readonly review: { readonly head: string; readonly verdict: 'merge' | 'changes'; readonly summary: string } | null;
  /** Feedback that the agent has already received. */
  readonly returned: readonly string[];
}

export const NO_PULL: PullRecord = {
  pushed: null,
  pushedAt: null,
  before: null,
  intent: null,
  described: null,
  opened: null,
  seen: null,
  review: null,
  returned: [],
};
