import type { Fault } from '../base/errors.js';
import { quote } from '../text/untrusted-text.js';

/** A task with its dependencies as written by its source, by id or stem. Ids and stems are unique. */
export interface DeclaredTask {
  readonly id: string;
  readonly stem: string;
  readonly file: string;
  readonly wave: number;
  readonly deps: readonly string[];
  readonly blocks: readonly string[];
  /** Additional names of this task; an id or stem of another task takes precedence. */
  readonly aliases?: readonly string[];
  /** Names that are dependencies if a task has that name, and are ignored otherwise. */
  readonly mayNeed?: readonly string[];
}

export interface Dependencies {
  /** The dependencies of each task, by id, sorted, without duplicates. */
  readonly deps: ReadonlyMap<string, readonly string[]>;
  readonly faults: readonly Fault[];
  /** Faults about names that no task has; only reliable if every task of the plan could be read. */
  readonly unknown: readonly Fault[];
}

interface Edge {
  /** The dependent task. */
  readonly from: DeclaredTask;
  /** Its dependency. */
  readonly to: DeclaredTask;
  /** The task whose file declares it. */
  readonly by: DeclaredTask;
}

/**
 * The dependencies of every task: its `deps`, the `blocks` of others, and, for a task of a later wave without `deps`,
 * every task of the earlier waves. Unknown names, dependencies in a later wave and cycles are faults.
 */
export function resolveDependencies(tasks: readonly DeclaredTask[]): Dependencies {
  const byName = namesOf(tasks);
  const unknown: Fault[] = [];
  const edges: Edge[] = [];

  const find = (by: DeclaredTask, key: 'deps' | 'blocks', name: string): DeclaredTask | null => {
    const found = byName.get(name) ?? onlyBeginning(name, tasks);
    if (found === undefined) {
      const fix = `Remove it from ${key}, or write one of: ${closest(name, tasks).join(', ')}.`;
      unknown.push({ file: by.file, problem: `${key} names an unknown task ${quote(name)}`, fix });
    }
    return found ?? null;
  };
  for (const task of tasks) {
    for (const name of new Set(task.deps)) {
      const to = find(task, 'deps', name);
      if (to !== null) edges.push({ from: task, to, by: task });
    }
    for (const name of new Set(task.mayNeed)) {
      const to = byName.get(name);
      if (to !== undefined && to !== task && !task.deps.includes(name)) edges.push({ from: task, to, by: task });
    }
    for (const name of new Set(task.blocks)) {
      const from = find(task, 'blocks', name);
      if (from !== null) edges.push({ from, to: task, by: task });
    }
  }

  const declared = group(tasks, edges);
  const faults = [
    ...edges.filter((edge) => edge.to.wave > edge.from.wave).map(laterWave),
    ...findCycles(declared).map((cycle) => cycleFault(cycle, byName)),
  ];

  const deps = new Map<string, readonly string[]>();
  for (const task of tasks) {
    const waits = new Set(declared.get(task.id));
    const declares = task.deps.length > 0 || (task.mayNeed ?? []).some((name) => byName.has(name));
    if (!declares) for (const other of tasks) if (other.wave < task.wave) waits.add(other.id);
    deps.set(task.id, sorted(waits));
  }
  return { deps, faults, unknown };
}

/** Ids take precedence over stems, and stems over aliases. */
function namesOf(tasks: readonly DeclaredTask[]): ReadonlyMap<string, DeclaredTask> {
  return new Map([
    ...tasks.flatMap((task) => (task.aliases ?? []).map((alias) => [alias, task] as const)),
    ...tasks.map((task) => [task.stem, task] as const),
    ...tasks.map((task) => [task.id, task] as const),
  ]);
}

/** Finds `task-001-chunker` for the name `task-001` if no other task begins like that. */
function onlyBeginning(name: string, tasks: readonly DeclaredTask[]): DeclaredTask | undefined {
  const found = tasks.filter(({ id, stem }) => id.startsWith(`${name}-`) || stem.startsWith(`${name}-`));
  return name !== '' && found.length === 1 ? found[0] : undefined;
}

/**
 * Dependency cycles, each as the ids along it, starting with the smallest; no two share a task. Empty if and only if
 * the tasks can be put in an order.
 */
export function findCycles(deps: ReadonlyMap<string, Iterable<string>>): string[][] {
  const waiting = new Map([...deps].map(([id, on]) => [id, new Set([...on].filter((other) => deps.has(other)))]));
  const cycles: string[][] = [];
  for (;;) {
    removeOrdered(waiting);
    const [start] = waiting.keys();
    if (start === undefined) return cycles;
    // Every remaining task depends on a remaining one, so following dependencies must reach a task seen before.
    const path: string[] = [];
    let at = start;
    while (!path.includes(at)) {
      path.push(at);
      const [next] = waiting.get(at) ?? [];
      if (next === undefined) throw new Error(`the dependency walk ended at ${at}`);
      at = next;
    }
    const cycle = path.slice(path.indexOf(at));
    cycles.push(beginningWithSmallest(cycle));
    for (const id of cycle) remove(waiting, id);
  }
}

/** Removes tasks whose dependencies are all removed, until none remains (Kahn's algorithm). */
function removeOrdered(waiting: Map<string, Set<string>>): void {
  const dependents = new Map<string, string[]>();
  for (const id of waiting.keys()) dependents.set(id, []);
  for (const [id, on] of waiting) for (const other of on) dependents.get(other)?.push(id);
  const free = [...waiting].filter(([, on]) => on.size === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    waiting.delete(id);
    for (const dependent of dependents.get(id) ?? []) {
      const on = waiting.get(dependent);
      on?.delete(id);
      if (on?.size === 0) free.push(dependent);
    }
  }
}

function remove(waiting: Map<string, Set<string>>, id: string): void {
  waiting.delete(id);
  for (const on of waiting.values()) on.delete(id);
}

function beginningWithSmallest(cycle: readonly string[]): string[] {
  const smallest = cycle.indexOf(sorted(cycle)[0] ?? '');
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}

function group(tasks: readonly DeclaredTask[], edges: readonly Edge[]): Map<string, Set<string>> {
  const deps = new Map(tasks.map((task) => [task.id, new Set<string>()]));
  for (const edge of edges) deps.get(edge.from.id)?.add(edge.to.id);
  return deps;
}

function laterWave({ from, to, by }: Edge): Fault {
  const wave = (task: DeclaredTask) => `${task.id} of wave ${task.wave}`;
  return {
    file: by.file,
    problem: `${wave(from)} waits for ${wave(to)}, which is in a later wave`,
    fix: `Move ${from.id} to wave ${to.wave} or later, or remove ${by === from ? `${to.id} from deps` : `${from.id} from blocks`}.`,
  };
}

function cycleFault(cycle: readonly string[], byName: ReadonlyMap<string, DeclaredTask>): Fault {
  const [first = ''] = cycle;
  return {
    file: byName.get(first)?.file ?? first,
    problem: `dependency cycle: ${[...cycle, first].join(' -> ')}`,
    fix: 'Remove one of these from the deps or blocks of the other, so that one of them can start.',
  };
}

/** Suggestions for an unknown name: ids that contain it or are contained in it, otherwise the first few. */
function closest(name: string, tasks: readonly DeclaredTask[]): string[] {
  const ids = tasks.map((task) => task.id);
  const folded = name.toLowerCase();
  const near = ids.filter((id) => id.toLowerCase().includes(folded) || folded.includes(id.toLowerCase()));
  const offered = near.length > 0 ? near : ids;
  return offered.length > 5 ? [...offered.slice(0, 5), '…'] : offered;
}

/** By code unit, so that the order is the same on every machine. */
function sorted(ids: Iterable<string>): string[] {
  return [...ids].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
