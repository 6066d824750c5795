import { faultsError, O8Error, type Fault } from '../base/errors.js';
import { findCycles } from '../plan/dependencies.js';
import { nameProblem, NAME_RULE } from '../plan/names.js';
import { quote } from '../text/untrusted-text.js';
import { isClosed, type Issue } from './issue.js';
import { issueTree, type IssueTree } from './issue-tree.js';

/** Types of issues that are work for an agent. */
const WORK: ReadonlySet<string> = new Set(['task', 'bug', 'feature', 'chore']);
/** Links that make an issue wait. `parent-child` is the epic, all others are remarks. */
const WAITS: ReadonlySet<string> = new Set(['blocks', 'waits-for']);

/** Which issues a run works on. */
export type WantedIssues =
  /** Everything below an epic, at any depth. */
  | { readonly kind: 'epic'; readonly id: string }
  /** Everything that bd calls ready, by id. */
  | { readonly kind: 'ready'; readonly ids: ReadonlySet<string> }
  /** This one alone, also where it is claimed by somebody else with `force`. */
  | { readonly kind: 'issue'; readonly id: string; readonly force: boolean };

export interface SelectedIssue {
  readonly issue: Issue;
  /** Ids of tasks of the run, sorted. */
  readonly deps: readonly string[];
  /** In progress under our own actor: an earlier run, of which there is no journal here, began it. */
  readonly adopted: boolean;
}

/** Why an issue that is asked is no task of the run. */
export type LeftOutReason =
  | { readonly kind: 'claimed'; readonly by: string }
  /** Neither open nor in progress under our actor. */
  | { readonly kind: 'status'; readonly status: string }
  /** bd does not call it ready for a reason of its own, a date for instance. */
  | { readonly kind: 'not_ready' }
  /** It waits for open issues. `ours`: all of them are tasks of the run, so that it joins the run later. */
  | { readonly kind: 'waits'; readonly on: readonly string[]; readonly ours: boolean };

export interface LeftOutIssue {
  readonly issue: Issue;
  readonly why: LeftOutReason;
}

export interface Selection {
  /** The most urgent first, then the oldest. */
  readonly tasks: readonly SelectedIssue[];
  readonly left: readonly LeftOutIssue[];
  /** Where `epicsToClose` looks: the epic, or those that the tasks are below. */
  readonly roots: readonly string[];
}

export interface SelectOptions {
  readonly actor: string;
  /** Tasks that a living run has already: others may depend on them, and they are not selected again. */
  readonly inRun?: ReadonlySet<string>;
}

/**
 * The tasks among all issues of a repository. O8Error `invalid_plan` for an unknown id, ids that can be no folder or
 * branch, and cycles, with their names.
 */
export function selectIssues(issues: readonly Issue[], asked: WantedIssues, options: SelectOptions): Selection {
  const tree = issueTree(issues);
  const inRun = options.inRun ?? new Set<string>();
  const candidates = inOrder(candidatesOf(tree, asked)).filter(({ id }) => !inRun.has(id));
  const left: LeftOutIssue[] = [];
  const free: Issue[] = [];
  for (const issue of candidates) {
    const why = takenOrNotOpen(issue, options.actor, asked.kind === 'issue' && asked.force);
    if (why === null) free.push(issue);
    else left.push({ issue, why });
  }
  const { tasks, waiting } = withDependencies(tree, free, asked, inRun);
  throwFaults(tasks);
  const found = tasks.map(({ issue }) => issue.id);
  return {
    tasks: tasks.map(({ issue, deps }) => ({ issue, deps, adopted: issue.status === 'in_progress' })),
    left: [...left, ...waiting],
    roots:
      asked.kind === 'epic'
        ? [asked.id]
        : [...new Set([...found, ...inRun].flatMap((id) => tree.above(id).map((above) => above.id)))],
  };
}

/** Open and closed alike are what was asked for; an epic is none of its tasks. */
function candidatesOf(tree: IssueTree, asked: WantedIssues): Issue[] {
  switch (asked.kind) {
    case 'epic':
      known(tree, asked.id);
      return tree.below(asked.id).filter((issue) => isWork(tree, issue));
    case 'issue':
      return [known(tree, asked.id)].filter((issue) => isWork(tree, issue));
    case 'ready':
      return [...tree.all.values()].filter((issue) => isWork(tree, issue));
  }
}

function isWork(tree: IssueTree, issue: Issue): boolean {
  return WORK.has(issue.type) && !issue.ephemeral && !isClosed(issue) && !tree.isEpic(issue);
}

function known(tree: IssueTree, id: string): Issue {
  const issue = tree.all.get(id);
  if (issue !== undefined) return issue;
  throw new O8Error('invalid_plan', `Beads has no issue ${quote(id)}.`, 'bd list --type epic');
}

function takenOrNotOpen(issue: Issue, actor: string, force: boolean): LeftOutReason | null {
  const { assignee, status } = issue;
  if (assignee !== null && assignee !== actor && !force) return { kind: 'claimed', by: assignee };
  const begun = status === 'in_progress' && (assignee === actor || force);
  return status === 'open' || begun ? null : { kind: 'status', status };
}

interface Dependent {
  readonly issue: Issue;
  readonly deps: readonly string[];
}

/**
 * An issue that waits for one outside of the run is left out, and then what waits for it, and so on. Of what is ready
 * nothing depends on anything: the rest joins when bd calls it ready.
 */
function withDependencies(
  tree: IssueTree,
  free: readonly Issue[],
  asked: WantedIssues,
  inRun: ReadonlySet<string>,
): { tasks: Dependent[]; waiting: LeftOutIssue[] } {
  const waits = new Map(free.map((issue) => [issue.id, waitsFor(tree, issue, asked)]));
  const mayJoin = ({ id, status }: Issue): boolean =>
    asked.kind !== 'ready' || asked.ids.has(id) || status === 'in_progress';
  const selected = new Set(free.filter(mayJoin).map(({ id }) => id));
  const isTask = (id: string): boolean => selected.has(id) || inRun.has(id);
  for (let before = -1; before !== selected.size;) {
    before = selected.size;
    for (const id of [...selected]) if (!(waits.get(id) ?? []).every(isTask)) selected.delete(id);
  }
  const tasks: Dependent[] = [];
  const waiting: LeftOutIssue[] = [];
  // What waits for a task of the run only indirectly joins it, too, once that is done.
  const joins = new Set(
    free
      .filter(({ id }) => selected.has(id))
      .map(({ id }) => id)
      .concat([...inRun]),
  );
  for (let before = -1; before !== joins.size;) {
    before = joins.size;
    for (const { id } of free) {
      const on = waits.get(id) ?? [];
      if (on.length > 0 && on.every((other) => joins.has(other))) joins.add(id);
    }
  }
  for (const issue of free) {
    const on = waits.get(issue.id) ?? [];
    if (selected.has(issue.id)) tasks.push({ issue, deps: [...on].sort() });
    else if (on.length > 0) waiting.push({ issue, why: { kind: 'waits', on, ours: joins.has(issue.id) } });
    else waiting.push({ issue, why: { kind: 'not_ready' } });
  }
  return { tasks, waiting };
}

/**
 * The open issues that have to be closed first: its own and those of the epics above it, in place of an epic the open work
 * below that. An epic that waits for its own tasks holds none of them up.
 */
function waitsFor(tree: IssueTree, issue: Issue, asked: WantedIssues): string[] {
  const above = tree.above(issue.id);
  const own = linked(issue).flatMap((id) => openWork(tree, id, asked));
  const inherited = above.flatMap((epic) => {
    const inside = new Set(tree.below(epic.id).map(({ id }) => id));
    return linked(epic)
      .filter((id) => !inside.has(id) && id !== epic.id)
      .flatMap((id) => openWork(tree, id, asked));
  });
  return [...new Set([...own, ...inherited])];
}

function linked({ links }: Issue): string[] {
  return links.filter(({ type }) => WAITS.has(type)).map(({ on }) => on);
}

function openWork(tree: IssueTree, id: string, asked: WantedIssues): string[] {
  const issue = tree.all.get(id);
  if (issue === undefined) return [id]; // in another repository, or gone: nobody here can say that it is done
  if (isClosed(issue)) return [];
  const open = tree.below(id).filter((below) => !isClosed(below) && !tree.isEpic(below));
  if (open.length > 0) return open.map((below) => below.id);
  // Nothing is left to do below it. One of ours is closed by o8, another one by those whose it is.
  const ours = asked.kind === 'epic' && tree.above(id).some((epic) => epic.id === asked.id);
  return ours && tree.isEpic(issue) ? [] : [id];
}

function throwFaults(tasks: readonly Dependent[]): void {
  const names = tasks.flatMap(({ issue }): Fault[] => {
    const problem = nameProblem(issue.id);
    return problem === null ? [] : [{ file: issue.id, problem, fix: NAME_RULE }];
  });
  const cycles = findCycles(new Map(tasks.map(({ issue, deps }) => [issue.id, deps]))).map((cycle): Fault => {
    const [first = '', second = first] = cycle;
    const problem = `dependency cycle: ${[...cycle, first].join(' -> ')}`;
    return { file: first, problem, fix: `bd dep remove ${first} ${second}` };
  });
  const faults = [...names, ...cycles];
  if (faults.length > 0) throw faultsError('The issues cannot be run:', faults[0]?.fix ?? '', faults);
}

/** By urgency, then age, then id. */
function inOrder(issues: readonly Issue[]): Issue[] {
  const by = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
  return [...issues].sort(
    (one, other) => one.priority - other.priority || by(one.createdAt, other.createdAt) || by(one.id, other.id),
  );
}
