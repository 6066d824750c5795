import { pathPattern, patternsIntersect, type PathPattern } from './glob-intersection.js';
import type { Scope } from './plan.js';
import type { Schedule } from './settings.js';
import { printable } from './untrusted-text.js';

/** What of a plan decides who may run beside whom; a `Plan` is one. */
export interface ScopedPlan {
  readonly tasks: readonly {
    readonly id: string;
    readonly wave: number;
    readonly deps: readonly string[];
    readonly scope: Scope;
  }[];
  readonly waves: readonly { readonly number: number; readonly validation: string | null }[];
  readonly settings: { readonly schedule: Schedule };
  readonly skip: readonly string[];
}

/**
 * Two tasks that may run at the same time and both claim `path` (a path or glob; `path::Symbol` for a part).
 * `fail`: each claims it as its own, by CREATE or for the same or a nested symbol. `warn`: both may modify a file and
 * at least one does not say which part, so git may still merge it.
 */
export interface ScopeOverlap {
  readonly path: string;
  readonly tasks: readonly [string, string];
  readonly level: 'fail' | 'warn';
}

/** Which two tasks claim what, and the ways out, for the person or agent who wrote the plan. */
export function overlapWords({ path, tasks: [first, second], level }: ScopeOverlap): { message: string; hint: string } {
  const parts = level === 'warn' ? `, name the parts ('MODIFY: ${printable(path)}::Symbol')` : '';
  return {
    message: `Scope overlap: ${printable(path)} in ${first}, ${second}`,
    hint: `Give it to one of them in '## Scope'${parts}, or let one wait: 'deps: [${first}]' in ${second}`,
  };
}

interface Claim {
  readonly kind: 'create' | 'modify';
  readonly pattern: PathPattern;
  readonly symbol: string | null;
}

/** Overlaps of all pairs of tasks that may run together, each path once a pair, in plan order. */
export function scopeOverlaps(plan: ScopedPlan): ScopeOverlap[] {
  const tasks = plan.tasks
    .filter((task) => !plan.skip.includes(task.id))
    .map((task) => ({ ...task, claims: claimsOf(task.scope) }));
  const separated = separator(plan);
  const overlaps: ScopeOverlap[] = [];
  for (const [index, first] of tasks.entries()) {
    for (const second of tasks.slice(index + 1)) {
      const shared = sharedClaims(first.claims, second.claims);
      if (shared.length === 0 || separated(first, second)) continue;
      overlaps.push(...shared.map(({ path, level }) => ({ path, level, tasks: [first.id, second.id] as const })));
    }
  }
  return overlaps;
}

function claimsOf(scope: Scope): Claim[] {
  return [
    ...scope.create.map(({ glob }): Claim => ({ kind: 'create', pattern: pathPattern(glob), symbol: null })),
    ...scope.modify.map(({ glob, symbol }): Claim => ({ kind: 'modify', pattern: pathPattern(glob), symbol })),
  ];
}

function sharedClaims(first: readonly Claim[], second: readonly Claim[]): Pick<ScopeOverlap, 'path' | 'level'>[] {
  const worst = new Map<string, ScopeOverlap['level']>();
  for (const a of first) {
    for (const b of second) {
      const level = conflictLevel(a, b);
      if (level === null || !patternsIntersect(a.pattern, b.pattern)) continue;
      const path = sharedPath(a, b);
      worst.set(path, level === 'fail' ? 'fail' : (worst.get(path) ?? 'warn'));
    }
  }
  return [...worst].map(([path, level]) => ({ path, level }));
}

function conflictLevel(a: Claim, b: Claim): ScopeOverlap['level'] | null {
  if (a.kind === 'create' || b.kind === 'create') return 'fail';
  if (a.symbol === null || b.symbol === null) return 'warn';
  return contains(a.symbol, b.symbol) || contains(b.symbol, a.symbol) ? 'fail' : null;
}

function contains(outer: string, inner: string): boolean {
  return outer === inner || inner.startsWith(`${outer}.`);
}

/** The more exact of the two names of what both claim. */
function sharedPath(a: Claim, b: Claim): string {
  const narrower =
    a.pattern.literal === b.pattern.literal
      ? a.pattern.glob.length >= b.pattern.glob.length
        ? a
        : b
      : a.pattern.literal
        ? a
        : b;
  const symbols = [a.symbol, b.symbol].filter((symbol) => symbol !== null);
  if (symbols.length < 2) return narrower.pattern.glob;
  const inner = symbols.reduce((longest, symbol) => (symbol.length > longest.length ? symbol : longest));
  return `${narrower.pattern.glob}::${inner}`;
}

type Placed = { readonly id: string; readonly wave: number };

/** Whether one of two tasks always ends before the other begins: by dependencies, or by a wave that is a barrier. */
function separator(plan: ScopedPlan): (a: Placed, b: Placed) => boolean {
  const ancestors = ancestorsOf(plan);
  const barriers = plan.waves
    .filter((wave) => plan.settings.schedule === 'waves' || wave.validation !== null)
    .map((wave) => wave.number);
  return (a, b) => {
    const [from, to] = [Math.min(a.wave, b.wave), Math.max(a.wave, b.wave)];
    if (barriers.some((wave) => from <= wave && wave < to)) return true;
    return (ancestors.get(a.id)?.has(b.id) ?? false) || (ancestors.get(b.id)?.has(a.id) ?? false);
  };
}

/** Everything each task waits for, directly or through others. The plan's dependencies have no cycle. */
function ancestorsOf(plan: ScopedPlan): Map<string, ReadonlySet<string>> {
  const deps = new Map(plan.tasks.map((task) => [task.id, task.deps]));
  const known = new Map<string, ReadonlySet<string>>();
  const find = (id: string): ReadonlySet<string> => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const direct = deps.get(id) ?? [];
    const all = new Set(direct);
    for (const dep of direct) for (const ancestor of find(dep)) all.add(ancestor);
    known.set(id, all);
    return all;
  };
  for (const task of plan.tasks) find(task.id);
  return known;
}
