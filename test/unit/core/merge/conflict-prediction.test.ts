import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mergeOrders,
  type ExpectedConflict,
  type MergeCandidate,
} from '../../../../src/core/merge/conflict-prediction.js';

const free = (...ids: string[]): MergeCandidate[] => ids.map((id) => ({ id, deps: [] }));
const between = (...pairs: [string, string][]): ExpectedConflict[] =>
  pairs.map((tasks) => ({ tasks, files: ['shared.txt'] }));
const withTarget = (...ids: string[]): ExpectedConflict[] => ids.map((id) => ({ tasks: [id], files: ['shared.txt'] }));

describe('the suggested order', () => {
  it('is the natural one where nothing conflicts', () => {
    const { natural, suggested } = mergeOrders(free('a', 'b', 'c'), []);
    expect(natural).toEqual({ order: ['a', 'b', 'c'], conflicts: 0 });
    expect(suggested).toBe(natural);
  });

  it('puts the one that conflicts with all others last', () => {
    const { natural, suggested } = mergeOrders(
      free('hub', 'a', 'b', 'c'),
      between(['hub', 'a'], ['hub', 'b'], ['c', 'hub']),
    );
    expect(natural.conflicts).toBe(3);
    expect(suggested).toEqual({ order: ['a', 'b', 'c', 'hub'], conflicts: 1 });
  });

  it('is the natural one where another has as many conflicts', () => {
    const { natural, suggested } = mergeOrders(free('b', 'a', 'c'), [...between(['a', 'b']), ...withTarget('c')]);
    expect(natural).toEqual({ order: ['b', 'a', 'c'], conflicts: 2 });
    expect(suggested).toBe(natural);
  });

  it('does not let a branch that conflicts with the target keep out another', () => {
    const { natural, suggested } = mergeOrders(free('a', 'b'), [...between(['a', 'b']), ...withTarget('a')]);
    expect(natural).toEqual({ order: ['a', 'b'], conflicts: 1 });
    expect(suggested).toBe(natural);
  });

  it('finds the largest set also where the branch with the fewest conflicts is not in it', () => {
    // `x` has only three rivals, but those three do not conflict with each other; `p` to `s` all do.
    const ring = ['p', 'q', 'r', 's'];
    const pairs = ['a', 'b', 'c'].flatMap((one) => ['x', ...ring].map((other): [string, string] => [one, other]));
    const rivals = ring.flatMap((one, at) => ring.slice(at + 1).map((other): [string, string] => [one, other]));
    const { suggested } = mergeOrders(free('p', 'x', 'q', 'r', 's', 'a', 'b', 'c'), between(...pairs, ...rivals));
    expect(suggested).toEqual({ order: ['a', 'b', 'c', 'p', 'x', 'q', 'r', 's'], conflicts: 5 });
  });

  it('keeps dependencies before what needs them, also where they were given the other way round', () => {
    const candidates = [{ id: 'late', deps: ['early'] }, ...free('early', 'c')];
    expect(mergeOrders(candidates, []).natural.order).toEqual(['early', 'late', 'c']);
  });

  it('counts what needs a branch that conflicts', () => {
    const candidates = [...free('a', 'early'), { id: 'late', deps: ['early'] }];
    const { natural, suggested } = mergeOrders(candidates, between(['a', 'early']));
    expect(natural).toEqual({ order: ['a', 'early', 'late'], conflicts: 2 });
    expect(suggested).toEqual({ order: ['early', 'late', 'a'], conflicts: 1 });
  });

  it('is found quickly for forty branches of which most conflict with several others', () => {
    const ids = Array.from({ length: 40 }, (_, at) => `task-${String(at)}`);
    const pairs = ids.flatMap((one, at) =>
      [1, 7, 13].map((step): [string, string] => [one, ids[(at + step) % ids.length] ?? '']),
    );
    const started = process.cpuUsage();
    const { natural, suggested } = mergeOrders(free(...ids), between(...pairs));
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
    expect(suggested.conflicts).toBeLessThanOrEqual(natural.conflicts);
  });
});

/** Tasks that depend on earlier ones only, shuffled, with any conflicts. */
const situation = fc.integer({ min: 1, max: 8 }).chain((count) => {
  const ids = Array.from({ length: count }, (_, at) => `t${String(at)}`);
  const candidates = fc
    .tuple(
      ...ids.map((id, at) =>
        fc.subarray(ids.slice(0, at), { maxLength: Math.min(2, at) }).map((deps) => ({ id, deps })),
      ),
    )
    .chain((tasks) => fc.shuffledSubarray(tasks, { minLength: count }));
  const alone = fc.subarray(ids).map((tasks) => withTarget(...tasks));
  const pairs = ids.flatMap((one, at) => ids.slice(at + 1).map((other): [string, string] => [one, other]));
  const together = fc.subarray(pairs).map((chosen) => between(...chosen));
  return fc.record({ candidates, conflicts: fc.tuple(alone, together).map((parts) => parts.flat()) });
});

function permutations(ids: readonly string[]): string[][] {
  if (ids.length === 0) return [[]];
  return ids.flatMap((id) => permutations(ids.filter((other) => other !== id)).map((rest) => [id, ...rest]));
}

/** A second, simple implementation of the merge queue's rules. */
function conflictsIn(
  order: readonly string[],
  deps: ReadonlyMap<string, readonly string[]>,
  all: ExpectedConflict[],
): number {
  const merged: string[] = [];
  for (const id of order) {
    const bad = all.some(({ tasks: [one, other] }) => {
      if (other === undefined) return one === id;
      return (one === id && merged.includes(other)) || (other === id && merged.includes(one));
    });
    if (!bad && (deps.get(id) ?? []).every((dep) => merged.includes(dep))) merged.push(id);
  }
  return order.length - merged.length;
}

describe('for any tasks and conflicts, the suggested order', () => {
  it('has every task once, dependencies first, and never more conflicts than the natural one', () => {
    fc.assert(
      fc.property(situation, ({ candidates, conflicts }) => {
        const { natural, suggested } = mergeOrders(candidates, conflicts);
        const deps = new Map(candidates.map(({ id, deps: needed }) => [id, needed]));
        expect(suggested.conflicts).toBeLessThanOrEqual(natural.conflicts);
        for (const { order, conflicts: expected } of [natural, suggested]) {
          expect([...order].sort()).toEqual(candidates.map(({ id }) => id).sort());
          for (const [at, id] of order.entries()) {
            for (const dep of deps.get(id) ?? []) expect(order.indexOf(dep)).toBeLessThan(at);
          }
          expect(expected).toBe(conflictsIn(order, deps, conflicts));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has the fewest conflicts of all orders', () => {
    fc.assert(
      fc.property(situation, ({ candidates, conflicts }) => {
        fc.pre(candidates.length <= 5);
        const deps = new Map(candidates.map(({ id, deps: needed }) => [id, needed]));
        const all = permutations(candidates.map(({ id }) => id)).map((order) => conflictsIn(order, deps, conflicts));
        expect(mergeOrders(candidates, conflicts).suggested.conflicts).toBe(Math.min(...all));
      }),
      { numRuns: 300 },
    );
  });
});
