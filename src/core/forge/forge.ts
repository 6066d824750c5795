import type { SeenPull } from './pull-request.js';

/** Where pull requests are opened: a host such as `github.com`, and the repository there. */
export interface ForgeRepository {
  readonly host: string;
  readonly owner: string;
  readonly name: string;
}

/**
 * Why an answer is missing. Only `refused` and `no_login` need a person; the others end by themselves, and nothing is known
 * about whether the request took effect: look before it is repeated.
 */
export type ForgeTrouble =
  /** `until`: ISO time at which requests are accepted again; null if the forge did not say. */
  | { readonly kind: 'rate_limited'; readonly until: string | null }
  | { readonly kind: 'unreachable'; readonly why: string }
  /** The forge's program ended without an answer that can be read. */
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'no_login'; readonly why: string; readonly hint: string };

export type Answer<T> = { readonly kind: 'answered'; readonly value: T } | ForgeTrouble;

/** How the base branch is there and what its rules ask for. */
export type ForgeBase =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'there';
      readonly commit: string;
      readonly protected: boolean;
      /** Whether its rules let this login merge into it. */
      readonly mayMerge: boolean;
      readonly requiredApprovals: number;
      readonly requiredChecks: readonly string[];
    };

export interface ForgeFacts {
  readonly program: string;
  readonly version: string;
  readonly login: string;
  /** As the forge spells it, which differs from the remote's address after a rename. */
  readonly repository: ForgeRepository;
  readonly mayPush: boolean;
  readonly archived: boolean;
  readonly base: ForgeBase;
  readonly strategies: readonly MergeStrategy[];
  /** Whether the forge deletes the head branch of a merged pull request by itself. */
  readonly deletesBranches: boolean;
}

export type ForgePreflight =
  | { readonly kind: 'ready'; readonly facts: ForgeFacts }
  | { readonly kind: 'no_program'; readonly program: string; readonly why: string; readonly hint: string }
  | ForgeTrouble;

export type MergeStrategy = 'merge' | 'squash' | 'rebase';

export interface NewPull {
  readonly title: string;
  readonly body: string;
  /** Branches, without `refs/heads/`. */
  readonly head: string;
  readonly base: string;
}

export interface PullName {
  readonly number: number;
  readonly url: string;
}

/** `exists`: an open pull request of this head and base was there already and is as it was. */
export type CreateOutcome =
  | ({ readonly kind: 'created' | 'exists' } & PullName)
  /** The base contains everything that the head has. */
  | { readonly kind: 'nothing_to_merge' }
  | ForgeTrouble;

export interface PullChange {
  readonly title?: string;
  readonly body?: string;
  readonly base?: string;
}

export interface MergeRequest {
  readonly strategy: MergeStrategy;
  /** The commit that was verified; another head is not merged. */
  readonly head: string;
  /** The message of the commit that `merge` or `squash` makes; null: the forge's own. */
  readonly message: { readonly title: string; readonly body: string } | null;
}

export type MergeOutcome =
  /** Also if somebody else merged it first. `commit` is what is on the base branch; null if the forge does not say. */
  | { readonly kind: 'merged'; readonly commit: string | null }
  | { readonly kind: 'head_moved'; readonly head: string }
  | { readonly kind: 'closed' }
  /** Conflicts, or the rules of the base branch. */
  | { readonly kind: 'not_mergeable'; readonly why: string }
  | ForgeTrouble;

export type CommentOutcome = { readonly kind: 'created' | 'edited' | 'unchanged'; readonly id: string } | ForgeTrouble;

/**
 * A place where pull requests are opened, reviewed and merged. Never rejects because of the forge. Every change can be
 * repeated after a crash: create finds the existing one, merge says `merged`, a comment is found by its marker. Branches are
 * pushed and deleted with git, which compares before it changes them.
 */
export interface Forge {
  /** `base`: a branch, without `refs/heads/`. */
  readonly preflight: (base: string) => Promise<ForgePreflight>;
  /** Pull requests of these head branches in this repository, in every state, newest first; none from forks. */
  readonly find: (heads: readonly string[]) => Promise<Answer<readonly SeenPull[]>>;
  /** In the order of `numbers`; what does not exist is left out. One request where the forge can. */
  readonly look: (numbers: readonly number[]) => Promise<Answer<readonly SeenPull[]>>;
  readonly create: (pull: NewPull) => Promise<CreateOutcome>;
  readonly update: (number: number, change: PullChange) => Promise<Answer<PullName>>;
  readonly merge: (number: number, request: MergeRequest) => Promise<MergeOutcome>;
  /** One comment for each marker: edited if its text differs. `body` contains `marker`. */
  readonly comment: (
    number: number,
    comment: { readonly marker: string; readonly body: string },
  ) => Promise<CommentOutcome>;
  readonly close: (number: number) => Promise<Answer<PullName>>;
}

/** The trouble in a sentence without its end, for a message or a log. */
export function troubleText(trouble: ForgeTrouble): string {
  switch (trouble.kind) {
    case 'rate_limited':
      return trouble.until === null ? 'rate limit reached' : `rate limit reached, resets at ${trouble.until}`;
    case 'unreachable':
      return `not reachable: ${trouble.why}`;
    case 'unknown':
      return `no usable answer: ${trouble.why}`;
    case 'refused':
      return `refused: ${trouble.why}`;
    case 'no_login':
      return trouble.why;
  }
}
