import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directDeps, mermaid } from '../../../../src/core/plan/plan-graph.js';
import { planOf, seedTasks } from '../../../support/runs/plan-fixture.js';

describe('mermaid', () => {
  it('draws an arrow from each task to those that wait for it', () => {
    const tasks = [
      { id: 'task-001', stem: 'task-001-users' },
      { id: 'task-002', wave: 2, deps: ['task-001'] },
    ];
    expect(mermaid(planOf(tasks))).toBe(
      ['graph TD', '  t1["task-001-users"]', '  t2["task-002"]', '  t1 --> t2'].join('\n'),
    );
  });

  it('uses node names of its own, so that no id can be a Mermaid keyword', () => {
    const text = mermaid(planOf([{ id: 'end' }, { id: 'subgraph', wave: 2, deps: ['end'] }]));
    expect(text).toContain('t1["end"]');
    expect(text).toContain('t1 --> t2');
  });

  it('escapes what a label may not hold', () => {
    expect(mermaid(planOf([{ id: 'a', stem: 'a"] --> b<script>' }]))).toContain(
      't1["a#34;#93; --#62; b#60;script#62;"]',
    );
  });

  it('marks what is left out', () => {
    expect(mermaid(planOf(seedTasks(), { skip: ['task-003'] }))).toContain('t3["task-003-shared (left out)"]');
  });

  it('leaves out arrows that others imply', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b', wave: 2, deps: ['a'] }, { id: 'c', wave: 3, deps: ['a', 'b'] }]);
    expect(mermaid(plan)).not.toContain('t1 --> t3');
  });

  it('stays small where many tasks wait for many', () => {
    const wave = (number: number) => Array.from({ length: 50 }, (_, index) => `w${String(number)}-${String(index)}`);
    const waves = Array.from({ length: 10 }, (_, index) => wave(index + 1));
    const tasks = waves.flatMap((ids, index) =>
      ids.map((id) => ({ id, wave: index + 1, deps: waves.slice(0, index).flat() })),
    );
    const text = mermaid(planOf(tasks));
    expect(text.length).toBeLessThan(25_000);
    expect(text).toContain(' --> j');
  });
});

describe('directDeps', () => {
  it('keeps exactly the reachability of the graph', () => {
    const graphs = fc.array(fc.array(fc.nat()), { minLength: 1, maxLength: 10 }).map((picks) =>
      picks.map((pick, index) => ({
        id: `t${String(index)}`,
        deps: index === 0 ? [] : [...new Set(pick.map((number) => `t${String(number % index)}`))],
      })),
    );
    const reachable = (deps: ReadonlyMap<string, readonly string[]>, id: string): string[] =>
      [...new Set((deps.get(id) ?? []).flatMap((dep) => [dep, ...reachable(deps, dep)]))].sort();
    fc.assert(
      fc.property(graphs, (tasks) => {
        const all = new Map(tasks.map(({ id, deps }) => [id, deps]));
        const direct = directDeps(tasks);
        for (const { id } of tasks) expect(reachable(direct, id)).toEqual(reachable(all, id));
      }),
    );
  });
});
