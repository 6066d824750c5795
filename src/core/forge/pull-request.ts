/** Latest result of one check of the head commit. `stopped`: cancelled, or waits for a person; the code is not the cause. */
export type CheckOutcome = 'pending' | 'passed' | 'failed' | 'stopped';

export interface PullCheck {
  readonly name: string;
  readonly outcome: CheckOutcome;
  /** The rules of the base branch ask for it. */
  readonly required: boolean;
  readonly url: string | null;
}

/** A review that asks for changes and is its author's latest word. Texts are untrusted. */
export interface RequestedChanges {
  readonly id: string;
  readonly by: string;
  readonly body: string;
  readonly lines: readonly { readonly path: string; readonly line: number | null; readonly body: string }[];
}

/**
 * open ─► merged
 *   └───► closed ─► open (by a person)
 */
export type PullState =
  | { readonly kind: 'open'; readonly draft: boolean }
  /** `commit`: what is on the base branch; null if the forge does not say. */
  | { readonly kind: 'merged'; readonly commit: string | null; readonly by: string | null }
  | { readonly kind: 'closed' };

/** `blocked`: by a rule of the base branch. `behind`: a rule asks for a head that contains the base's tip. */
export type Mergeability = 'mergeable' | 'conflicting' | 'blocked' | 'behind' | 'unknown';

/** A pull request as the forge shows it at one moment. Branches are without `refs/heads/`; texts are untrusted. */
export interface SeenPull {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly head: string;
  readonly base: string;
  /** The tip of the head branch; of a merged or closed one, the last tip. */
  readonly headCommit: string;
  readonly headBranchExists: boolean;
  readonly state: PullState;
  readonly checks: readonly PullCheck[];
  /** Names that the rules of the base branch ask for, reported or not. */
  readonly requiredChecks: readonly string[];
  readonly review: 'none' | 'required' | 'approved' | 'changes_requested';
  readonly requestedChanges: readonly RequestedChanges[];
  readonly mergeability: Mergeability;
}
