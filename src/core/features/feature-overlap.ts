import type { Feature } from './feature.js';
import type { Plan } from '../plan/plan.js';
import { leftOutTasks, selectedTasks } from '../plan/build-plan.js';
import { EMPTY_SCOPE } from '../scope/parse-scope.js';
import { scopeOverlaps } from '../scope/scope-overlap.js';

/** A file that is created or modified by several features that may run at the same time. */
export interface FeatureOverlap {
  readonly path: string;
  readonly tasks: readonly string[];
}

/**
 * Each shared file once, with all features that claim it and may run at the same time as another one; in plan order.
 */
export function featureOverlaps(plan: Plan, features: readonly Feature[]): FeatureOverlap[] {
  const users = new Map<string, Set<string>>();
  for (const { path, tasks } of pairs(plan, features)) {
    const known = users.get(path) ?? new Set<string>();
    for (const task of tasks) known.add(task);
    users.set(path, known);
  }
  return [...users].map(([path, tasks]) => ({
    path,
    tasks: plan.tasks.map(({ id }) => id).filter((id) => tasks.has(id)),
  }));
}

/**
 * A split of the run's features into batches to run one after the other: no two features of a batch share a file, and
 * each comes after its dependencies and after the features that its documents name. One batch if nothing conflicts.
 */
export function recommendedBatches(plan: Plan, features: readonly Feature[]): string[][] {
  const rivals = new Set(pairs(plan, features).flatMap(({ tasks: [a, b] }) => [`${a} ${b}`, `${b} ${a}`]));
  const batches: string[][] = [];
  const batchOf = (id: string): number => batches.findIndex((batch) => batch.includes(id));
  const named = namedBefore(plan, features);
  for (const { id, deps } of inOrder(plan, named)) {
    const behind = [...(named.get(id) ?? [])].map((other) => batchOf(other) + 1);
    const from = Math.max(0, ...deps.map(batchOf), ...behind);
    const free = batches.findIndex(
      (batch, index) => index >= from && !batch.some((other) => rivals.has(`${id} ${other}`)),
    );
    if (free === -1) batches.push([id]);
    else batches[free]?.push(id);
  }
  return batches;
}

function pairs(
  plan: Plan,
  features: readonly Feature[],
): readonly { path: string; tasks: readonly [string, string] }[] {
  const files = new Map(features.map((feature) => [feature.slug, feature.files]));
  return scopeOverlaps({
    ...plan,
    skip: leftOutTasks(plan).map(({ task }) => task.id),
    tasks: plan.tasks.map((task) => ({
      ...task,
      // Both claim the whole file; a plan's files are estimates, so no claim is exclusive.
      scope: { ...EMPTY_SCOPE, modify: (files.get(task.id) ?? []).map(({ path }) => ({ glob: path, symbol: null })) },
    })),
  });
}

/** The features that each feature names without declaring a dependency; two that name each other have no order. */
function namedBefore(plan: Plan, features: readonly Feature[]): ReadonlyMap<string, ReadonlySet<string>> {
  const bySlug = new Map(features.map((feature) => [feature.slug, feature]));
  const deps = new Map(plan.tasks.map((task) => [task.id, task.deps]));
  return new Map(
    features.map(({ slug, names }) => {
      const others = names.filter((other) => {
        const isMutual = bySlug.get(other)?.names.includes(slug) === true;
        const isDeclared = deps.get(slug)?.includes(other) === true || deps.get(other)?.includes(slug) === true;
        return !isMutual && !isDeclared;
      });
      return [slug, new Set(others)];
    }),
  );
}

/**
 * The run's tasks, each after its dependencies and, if possible, after the features it names; otherwise in the given
 * order.
 */
function inOrder(
  plan: Plan,
  named: ReadonlyMap<string, ReadonlySet<string>>,
): { id: string; deps: readonly string[] }[] {
  const waiting = new Map(selectedTasks(plan).map((task) => [task.id, task]));
  const order: { id: string; deps: readonly string[] }[] = [];
  for (;;) {
    const ready = [...waiting.values()].filter(({ deps }) => !deps.some((dep) => waiting.has(dep)));
    const next = ready.find(({ id }) => ![...(named.get(id) ?? [])].some((other) => waiting.has(other))) ?? ready[0];
    if (next === undefined) return order;
    waiting.delete(next.id);
    order.push({ id: next.id, deps: next.deps });
  }
}
