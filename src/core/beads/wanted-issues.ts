import { ALL_EPICS } from '../plan/beads-source.js';
import type { Issue } from './issue.js';
import { issueTree } from './issue-tree.js';
import type { WantedIssues } from './select-issues.js';

/**
 * What the name of an epic means: everything that is ready, everything below it, or a single issue, which `force` takes from
 * whoever has claimed it.
 */
export function wantedIssues(
  issues: readonly Issue[],
  epic: string,
  ready: readonly string[],
  force: boolean,
): WantedIssues {
  if (epic === ALL_EPICS) return { kind: 'ready', ids: new Set(ready) };
  const tree = issueTree(issues);
  const named = tree.all.get(epic);
  return named === undefined || tree.isEpic(named) ? { kind: 'epic', id: epic } : { kind: 'issue', id: epic, force };
}

/** The issues as if these were closed already, because their work is done and Beads is told later. */
export function withClosed(issues: readonly Issue[], done: ReadonlySet<string>): Issue[] {
  return issues.map((issue) => (done.has(issue.id) ? { ...issue, status: 'closed' } : issue));
}
