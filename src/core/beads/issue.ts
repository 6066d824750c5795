/** An issue of Beads, as far as o8 looks at it. Everything in it is text that somebody wrote. */
export interface Issue {
  readonly id: string;
  readonly title: string;
  /** '' where there is none. */
  readonly description: string;
  readonly design: string;
  readonly acceptance: string;
  readonly notes: string;
  /** `open`, `in_progress`, `blocked`, `deferred`, `closed`, or one of the repository's own. */
  readonly status: string;
  /** 0 is the most urgent. */
  readonly priority: number;
  readonly type: string;
  /** Null: nobody has it. */
  readonly assignee: string | null;
  readonly labels: readonly string[];
  /** What it depends on. */
  readonly links: readonly IssueLink[];
  readonly parent: string | null;
  /** Of a kind that is thrown away, or a template: never work for somebody. */
  readonly ephemeral: boolean;
  /** ISO time, '' where it is unknown. */
  readonly createdAt: string;
  readonly commentCount: number;
  /** Null: the answer did not have them. */
  readonly comments: readonly IssueComment[] | null;
}

export interface IssueLink {
  readonly on: string;
  /** `blocks`, `parent-child`, `discovered-from`, `related`, … */
  readonly type: string;
}

export interface IssueComment {
  readonly author: string;
  readonly text: string;
  readonly at: string;
}

export function isClosed({ status }: Pick<Issue, 'status'>): boolean {
  return status === 'closed';
}

/** Whether bd could know an issue by this name: letters, digits, `.`, `_`, `-`, so that no flag and no path is one. */
export function isIssueId(id: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(id);
}
