import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycles, resolveDependencies, type DeclaredTask } from '../../../../src/core/plan/dependencies.js';

function task(id: string, wave: number, deps: string[] = [], blocks: string[] = []): DeclaredTask {
  return { id, stem: `${id}-stem`, file: `tasks/${id}.md`, wave, deps, blocks };
}

function depsOf(tasks: DeclaredTask[]): Record<string, readonly string[]> {
  const { deps, faults, unknown } = resolveDependencies(tasks);
  expect([...faults, ...unknown]).toEqual([]);
  return Object.fromEntries(deps);
}

describe('dependencies', () => {
  it('are what a task declares, by id or stem, sorted and once', () => {
    const tasks = [task('b', 1), task('a', 1), task('c', 2, ['b', 'a-stem', 'a'])];
    expect(depsOf(tasks)).toEqual({ a: [], b: [], c: ['a', 'b'] });
  });

  it('are also what other tasks say they block', () => {
    expect(depsOf([task('a', 1, [], ['b']), task('b', 1)])).toEqual({ a: [], b: ['a'] });
  });

  it('are all tasks of the waves before for a task of a later wave that declares none', () => {
    const tasks = [task('a', 1), task('b', 1), task('c', 3, ['a']), task('d', 7)];
    expect(depsOf(tasks)).toEqual({ a: [], b: [], c: ['a'], d: ['a', 'b', 'c'] });
  });

  it('may be in the same wave', () => {
    expect(depsOf([task('a', 1), task('b', 1, ['a'])])['b']).toEqual(['a']);
  });

  it('refuse an unknown id and offer a close one', () => {
    const { unknown } = resolveDependencies([task('task-001', 1), task('b', 1, ['task-001-users'])]);
    expect(unknown).toEqual([
      {
        file: 'tasks/b.md',
        problem: 'deps names an unknown task "task-001-users"',
        fix: 'Remove it from deps, or write one of: task-001.',
      },
    ]);
  });

  it('refuse a dependency in a later wave, from deps and from blocks', () => {
    const { faults } = resolveDependencies([task('a', 1, ['c']), task('b', 1), task('c', 2, ['b'], ['b'])]);
    expect(faults.map((fault) => `${fault.file}: ${fault.problem}`)).toEqual([
      'tasks/a.md: a of wave 1 waits for c of wave 2, which is in a later wave',
      'tasks/c.md: b of wave 1 waits for c of wave 2, which is in a later wave',
      'tasks/b.md: dependency cycle: b -> c -> b',
    ]);
  });

  it('name every task of a cycle', () => {
    const { faults } = resolveDependencies([
      task('c', 1, ['a']),
      task('b', 1, ['c']),
      task('a', 1, ['b']),
      task('d', 1, ['a']),
    ]);
    expect(faults.map((fault) => fault.problem)).toEqual(['dependency cycle: a -> b -> c -> a']);
  });

  it('name a task that waits for itself', () => {
    expect(resolveDependencies([task('a', 1, ['a'])]).faults[0]?.problem).toBe('dependency cycle: a -> a');
  });

  it('report two cycles at once', () => {
    const tasks = [task('a', 1, ['b']), task('b', 1, ['a']), task('c', 1, ['d']), task('d', 1, ['c'])];
    expect(resolveDependencies(tasks).faults).toHaveLength(2);
  });

  it('of 500 tasks in ten waves are quickly resolved', () => {
    const tasks = Array.from({ length: 500 }, (_, index) => task(`t${index}`, 1 + Math.floor(index / 50)));
    const before = process.cpuUsage();
    expect(depsOf(tasks)['t499']).toHaveLength(450);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  });
});

const graph = fc.integer({ min: 1, max: 12 }).chain((size) => {
  const id = fc.integer({ min: 0, max: size - 1 }).map((index) => `t${index}`);
  return fc
    .array(fc.uniqueArray(id, { maxLength: 3 }), { minLength: size, maxLength: size })
    .map((deps) => new Map<string, string[]>(deps.map((on, index) => [`t${index}`, on])));
});

describe('findCycles', () => {
  it('gives real cycles, or none and then the tasks can be put in an order', () => {
    fc.assert(
      fc.property(graph, (deps) => {
        const cycles = findCycles(deps);
        for (const cycle of cycles) {
          cycle.forEach((id, index) => expect(deps.get(id)).toContain(cycle[(index + 1) % cycle.length]));
          expect(new Set(cycle).size).toBe(cycle.length);
        }
        expect(cycles.length === 0).toBe(canBeOrdered(deps));
      }),
    );
  });
});

/** Independent of the program's way: try to put tasks down until no more can be. */
function canBeOrdered(deps: ReadonlyMap<string, readonly string[]>): boolean {
  const placed = new Set<string>();
  for (let before = -1; before !== placed.size;) {
    before = placed.size;
    for (const [id, on] of deps) if (on.every((other) => placed.has(other))) placed.add(id);
  }
  return placed.size === deps.size;
}
