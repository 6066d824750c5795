import { pathPattern, patternsIntersect, type PathPattern } from './glob-intersection.js';
import type { Scope } from '../plan/plan.js';
import { exactName, foldName, NAMES_DIFFER } from './folded-name.js';
import type { Schedule } from '../settings/settings.js';
import { printable } from '../text/untrusted-text.js';

/** The parts of a plan that decide which tasks may run at the same time; a `Plan` has them. */
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
 * Two tasks that may run at the same time and both claim `path` (a path or glob; `path::Symbol` for a part). `fail`:
 * each claims it exclusively, by CREATE or for the same or a nested symbol. `warn`: both may modify a file and at least
 * one names no part, so git may still merge it.
 */
export interface ScopeOverlap {
  readonly path: string;
  readonly tasks: readonly [string, string];
  readonly level: 'fail' | 'warn';
  /** The second task's spelling, if the names are the same only on file systems that ignore case or accents. */
  readonly alias?: string;
}

/** The two tasks, what they claim, and how to fix the plan. */
export function overlapWords({ path, alias, tasks: [first, second], level }: ScopeOverlap): {
  message: string;
  hint: string;
} {
  if (alias !== undefined) {
    const names = `${exactName(path, alias)} in ${first}, ${exactName(alias, path)} in ${second}`;
    return {
      message: `Scope overlap: ${names} ${NAMES_DIFFER}`,
      hint: `Use one spelling in both '## Scope' sections, or rename one of them`,
    };
  }
  const parts = level === 'warn' ? `, name the parts ('MODIFY: ${printable(path)}::Symbol')` : '';
  return {
    message: `Scope overlap: ${printable(path)} in ${first}, ${second}`,
    hint: `Give it to one of them in '## Scope'${parts}, or let one wait: 'deps: [${first}]' in ${second}`,
  };
}

interface Claim {
  readonly kind: 'create' | 'modify';
  readonly pattern: PathPattern;
  /** The name as compared by a file system that ignores case and accents. */
  readonly folded: PathPattern;
  readonly symbol: string | null;
}

/**
 * Overlaps of all pairs of tasks that may run at the same time, each path once per pair, in plan order. Names that are
 * the same only on file systems that ignore case or accents are a warning, or a failure if this file system does
 * (`foldsCase`).
 */
export function scopeOverlaps(plan: ScopedPlan, foldsCase = false): ScopeOverlap[] {
  const tasks = plan.tasks
    .filter((task) => !plan.skip.includes(task.id))
    .map((task) => ({ ...task, claims: claimsOf(task.scope) }));
  const separated = separator(plan);
  const overlaps: ScopeOverlap[] = [];
  for (const [index, first] of tasks.entries()) {
    for (const second of tasks.slice(index + 1)) {
      const shared = sharedClaims(first.claims, second.claims, foldsCase);
      if (shared.length === 0 || separated(first, second)) continue;
      overlaps.push(...shared.map((each) => ({ ...each, tasks: [first.id, second.id] as const })));
    }
  }
  return overlaps;
}

function claimsOf(scope: Scope): Claim[] {
  const claim = (kind: Claim['kind'], glob: string, symbol: string | null): Claim => {
    return { kind, pattern: pathPattern(glob), folded: pathPattern(foldName(glob)), symbol };
  };
  return [
    ...scope.create.map(({ glob }) => claim('create', glob, null)),
    ...scope.modify.map(({ glob, symbol }) => claim('modify', glob, symbol)),
  ];
}

type Shared = Omit<ScopeOverlap, 'tasks'>;

function sharedClaims(first: readonly Claim[], second: readonly Claim[], foldsCase: boolean): Shared[] {
  const worst = new Map<string, Shared>();
  for (const a of first) {
    for (const b of second) {
      if (conflictLevel(a, b) === null || !patternsIntersect(a.folded, b.folded)) continue;
      const shared = sharedClaim(a, b, foldsCase);
      const key = JSON.stringify([shared.path, shared.alias]);
      if (worst.get(key)?.level !== 'fail') worst.set(key, shared);
    }
  }
  return [...worst.values()];
}

function sharedClaim(a: Claim, b: Claim, foldsCase: boolean): Shared {
  if (patternsIntersect(a.pattern, b.pattern)) {
    return { path: sharedPath(a, b), level: conflictLevel(a, b) ?? 'warn' };
  }
  return { path: a.pattern.glob, alias: b.pattern.glob, level: foldsCase ? 'fail' : 'warn' };
}

function conflictLevel(a: Claim, b: Claim): ScopeOverlap['level'] | null {
  if (a.kind === 'create' || b.kind === 'create') return 'fail';
  if (a.symbol === null || b.symbol === null) return 'warn';
  return contains(a.symbol, b.symbol) || contains(b.symbol, a.symbol) ? 'fail' : null;
}

function contains(outer: string, inner: string): boolean {
  return outer === inner || inner.startsWith(`${outer}.`);
}

/** The more specific of two overlapping names. */
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

/** Whether one of two tasks always ends before the other starts: by dependencies, or by a wave that is a barrier. */
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

/** Everything each task waits for, directly or indirectly. The plan's dependencies have no cycle. */
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
