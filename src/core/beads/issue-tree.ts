import { isClosed, type Issue } from './issue.js';

/** All issues of a repository as a tree: who is below whom. Built once, asked often. */
export interface IssueTree {
  readonly all: ReadonlyMap<string, Issue>;
  /** Direct children, those that are thrown away left out. */
  childrenOf(id: string): readonly Issue[];
  /** Everything below it at any depth. */
  below(id: string): readonly Issue[];
  /** Its parent, that one's parent and so on, the nearest first. */
  above(id: string): readonly Issue[];
  /** An issue with children is an epic, whatever its type. */
  isEpic(issue: Issue): boolean;
}

export function issueTree(issues: readonly Issue[]): IssueTree {
  const all = new Map(issues.map((issue) => [issue.id, issue]));
  const children = new Map<string, Issue[]>();
  for (const issue of issues) {
    const parent = parentOf(issue, all);
    if (parent === null || issue.ephemeral) continue;
    children.set(parent, [...(children.get(parent) ?? []), issue]);
  }
  const childrenOf = (id: string): readonly Issue[] => children.get(id) ?? [];
  const below = (id: string): readonly Issue[] => {
    const found = new Map<string, Issue>();
    const waiting = [...childrenOf(id)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next.id) || next.id === id) continue; // files that somebody edited can have circles
      found.set(next.id, next);
      waiting.push(...childrenOf(next.id));
    }
    return [...found.values()];
  };
  const above = (id: string): readonly Issue[] => {
    const found: Issue[] = [];
    for (let at = all.get(id); at !== undefined;) {
      const parent = parentOf(at, all);
      at = parent === null ? undefined : all.get(parent);
      if (at === undefined || at.id === id || found.includes(at)) break;
      found.push(at);
    }
    return found;
  };
  const isEpic = (issue: Issue): boolean => issue.type === 'epic' || childrenOf(issue.id).length > 0;
  return { all, childrenOf, below, above, isEpic };
}

/** Children are also told by their id (`demo-9ae.1`) where no link names another parent. */
function parentOf(issue: Issue, all: ReadonlyMap<string, Issue>): string | null {
  if (issue.parent !== null) return issue.parent;
  const [, parent = null] = /^(.+)\.\d+$/.exec(issue.id) ?? [];
  return parent !== null && all.has(parent) ? parent : null;
}

/**
 * Epics that can be closed, each behind those inside it: open, at or below `roots`, with children that are all closed or
 * among `closing` or such epics themselves.
 */
export function epicsToClose(tree: IssueTree, roots: readonly string[], closing: ReadonlySet<string>): string[] {
  const candidates = new Map(
    roots.flatMap((root) => [...tree.below(root), ...single(tree.all.get(root))]).map((issue) => [issue.id, issue]),
  );
  const closed = new Set(closing);
  const order: string[] = [];
  const inner = [...candidates.values()].sort((one, other) => tree.above(other.id).length - tree.above(one.id).length);
  for (const epic of inner) {
    const children = tree.childrenOf(epic.id);
    if (isClosed(epic) || children.length === 0) continue;
    if (!children.every((child) => isClosed(child) || closed.has(child.id))) continue;
    closed.add(epic.id);
    order.push(epic.id);
  }
  return order;
}

function single<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
