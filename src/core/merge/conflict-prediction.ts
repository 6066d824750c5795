/** A branch that may still be merged. `deps`: tasks whose work its branch contains. */
export interface MergeCandidate {
  readonly id: string;
  readonly deps: readonly string[];
}

/** Files in which a task's branch conflicts with the target (one task), or two branches with each other. */
export interface ExpectedConflict {
  readonly tasks: readonly [string] | readonly [string, string];
  readonly files: readonly string[];
}

/** An order of all candidates, and how many of them would conflict in it. */
export interface MergeOrder {
  readonly order: readonly string[];
  readonly conflicts: number;
}

/**
 * Limit on pairs checked, which takes tenths of a second. After that, the best order so far is used; good orders are
 * found early.
 */
const MOST_LOOKS = 5_000_000;

/**
 * The given order, dependencies first, and the order with the fewest conflicts: the largest set of branches that merge
 * cleanly, then the rest, both in the given order. If the suggested order has no fewer conflicts, it is the given one.
 */
export function mergeOrders(
  candidates: readonly MergeCandidate[],
  conflicts: readonly ExpectedConflict[],
): { readonly natural: MergeOrder; readonly suggested: MergeOrder } {
  const graph = conflictGraph(candidates, conflicts);
  const natural = withConflicts(graph, graph.order);
  const clean = largestCleanSet(graph);
  if (graph.order.length - clean.size >= natural.conflicts) return { natural, suggested: natural };
  const [first, rest] = [graph.order.filter((id) => clean.has(id)), graph.order.filter((id) => !clean.has(id))];
  return { natural, suggested: withConflicts(graph, [...first, ...rest]) };
}

interface ConflictGraph {
  /** Dependencies before the branches that need them, otherwise as given. */
  readonly order: readonly string[];
  readonly withTarget: ReadonlySet<string>;
  readonly rivals: ReadonlyMap<string, ReadonlySet<string>>;
  /** Everything a branch contains, including itself. */
  readonly contents: ReadonlyMap<string, ReadonlySet<string>>;
}

function conflictGraph(candidates: readonly MergeCandidate[], conflicts: readonly ExpectedConflict[]): ConflictGraph {
  const withTarget = new Set<string>();
  const rivals = new Map<string, Set<string>>(candidates.map(({ id }) => [id, new Set()]));
  for (const { tasks } of conflicts) {
    const [one, other] = tasks;
    if (other === undefined) withTarget.add(one);
    else {
      rivals.get(one)?.add(other);
      rivals.get(other)?.add(one);
    }
  }
  const contents = contentsOf(candidates);
  const order: string[] = [];
  for (const { id } of candidates) {
    // The branches that a branch contains come after their own dependencies.
    for (const part of contents.get(id) ?? []) if (!order.includes(part)) order.push(part);
  }
  return { order, withTarget, rivals, contents };
}

/** Each candidate with all its dependencies among the candidates, deepest first. */
function contentsOf(candidates: readonly MergeCandidate[]): Map<string, ReadonlySet<string>> {
  const deps = new Map(candidates.map((candidate) => [candidate.id, candidate.deps]));
  const known = new Map<string, ReadonlySet<string>>();
  const find = (id: string): ReadonlySet<string> => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const needed = (deps.get(id) ?? []).filter((dep) => deps.has(dep));
    const all = new Set([...needed.flatMap((dep) => [...find(dep)]), id]);
    known.set(id, all);
    return all;
  };
  for (const { id } of candidates) find(id);
  return known;
}

/**
 * The branches that would conflict if merged in this order; a branch that conflicts is skipped for the following ones.
 */
function withConflicts({ withTarget, rivals, contents }: ConflictGraph, order: readonly string[]): MergeOrder {
  const merged = new Set<string>();
  for (const id of order) {
    const waits = [...(contents.get(id) ?? [])].some((part) => part !== id && !merged.has(part));
    const meets = [...(rivals.get(id) ?? [])].some((rival) => merged.has(rival));
    if (!waits && !meets && !withTarget.has(id)) merged.add(id);
  }
  return { order, conflicts: order.length - merged.size };
}

/**
 * A largest set of branches that includes their dependencies and has no conflicts (a maximum independent set): tries
 * the branch that excludes the fewest others first, then, within the limit, every other choice.
 */
function largestCleanSet(graph: ConflictGraph): ReadonlySet<string> {
  const { order, withTarget, rivals, contents } = graph;
  const partsOf = (id: string): string[] => [...(contents.get(id) ?? [])];
  const containers = new Map(order.map((id) => [id, order.filter((other) => contents.get(other)?.has(id) === true)]));
  const shutOutBy = new Map(
    order.map((id) => {
      const rivalsOfParts = partsOf(id).flatMap((part) => [...(rivals.get(part) ?? [])]);
      return [id, new Set(rivalsOfParts.flatMap((rival) => containers.get(rival) ?? []))];
    }),
  );
  const mergeable = order.filter(
    (id) => !partsOf(id).some((part) => withTarget.has(part) || shutOutBy.get(id)?.has(part) === true),
  );

  let best: ReadonlySet<string> = new Set();
  let looks = 0;
  const search = (open: readonly string[], chosen: ReadonlySet<string>): void => {
    looks += open.length ** 2;
    if (chosen.size > best.size) best = chosen;
    if (chosen.size + open.length <= best.size || looks > MOST_LOOKS) return;
    const choices = open.map((id) => {
      const shutOut = shutOutBy.get(id);
      return {
        id,
        parts: partsOf(id).filter((part) => !chosen.has(part)),
        lost: open.filter((other) => shutOut?.has(other) === true),
      };
    });
    const [first, ...others] = choices;
    if (first === undefined) return;
    const choice = others.reduce((least, next) => (next.lost.length < least.lost.length ? next : least), first);
    const rest = open.filter((id) => !choice.parts.includes(id) && !choice.lost.includes(id));
    search(rest, new Set([...chosen, ...choice.parts]));
    // Omitting a branch that excludes at most one other, and adds only itself, never gives a larger set.
    if (choice.parts.length === 1 && choice.lost.length <= 1) return;
    const without = new Set(containers.get(choice.id));
    search(
      open.filter((id) => !without.has(id)),
      chosen,
    );
  };
  search(mergeable, new Set());
  return best;
}
