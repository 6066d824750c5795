import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criticalPath, remainingPath, startOrder } from '../../../../src/core/plan/schedule.js';
import { growPlan } from '../../../../src/core/plan/grown-plan.js';
import { planOf, type TaskFixture } from '../../../support/runs/plan-fixture.js';

const diamond: TaskFixture[] = [
  { id: 'lonely' },
  { id: 'first' },
  { id: 'short', wave: 2, deps: ['first'] },
  { id: 'long', wave: 2, deps: ['first'] },
  { id: 'longer', wave: 3, deps: ['long'] },
  { id: 'last', wave: 4, deps: ['longer', 'short'] },
];

/** Tasks in waves of one each whose deps point backwards: any graph without a cycle has this form. */
const graphs = fc.array(fc.array(fc.nat()), { minLength: 1, maxLength: 12 }).map((picks) =>
  picks.map((pick, index) => ({
    id: `t${String(index)}`,
    wave: 1 + Math.floor(index / 3),
    deps: index === 0 ? [] : [...new Set(pick.map((number) => `t${String(number % index)}`))],
  })),
);

describe('remainingPath', () => {
  it('counts the tasks of the longest chain that begins with a task', () => {
    const remaining = remainingPath(planOf(diamond).tasks);
    expect(Object.fromEntries(remaining)).toEqual({ lonely: 1, first: 4, short: 2, long: 3, longer: 2, last: 1 });
  });

  it('ignores dependencies on tasks that are not there', () => {
    expect(remainingPath([{ id: 'a', wave: 2, deps: ['gone'] }]).get('a')).toBe(1);
  });

  it('puts a task of a barrier wave before everything of later waves', () => {
    const tasks = planOf([{ id: 'a' }, { id: 'b', wave: 2 }, { id: 'c', wave: 3, deps: ['b'] }]).tasks;
    expect(remainingPath(tasks, new Set([1])).get('a')).toBe(3);
  });

  it('reports a cycle as a bug instead of looping', () => {
    const cycle = [
      { id: 'a', wave: 1, deps: ['b'] },
      { id: 'b', wave: 1, deps: ['a'] },
    ];
    expect(() => remainingPath(cycle)).toThrow('cycle');
  });
});

describe('startOrder', () => {
  it('gives free slots to the longest remaining path first, then to the plan order', () => {
    expect(startOrder(planOf(diamond))).toEqual(['first', 'long', 'short', 'longer', 'lonely', 'last']);
  });

  it('puts the priority of the source first, 0 before 4, also of a task that joins the run later', () => {
    const plan = planOf([{ id: 'long' }, { id: 'after', deps: ['long'] }, { id: 'low' }, { id: 'urgent' }]);
    const priorities: Readonly<Record<string, number>> = { long: 2, after: 2, low: 4, urgent: 0 };
    const tasks = plan.tasks.map((task) => ({ ...task, priority: priorities[task.id] ?? 0 }));
    const grown = { ...plan, tasks: [...tasks] };
    expect(startOrder(grown)).toEqual(['urgent', 'long', 'after', 'low']);
    const [first] = tasks;
    if (first === undefined) throw new Error('no task');
    growPlan(grown, { ...first, id: 'joined', priority: 1 });
    expect(startOrder(grown)).toEqual(['urgent', 'joined', 'long', 'after', 'low']);
  });

  it('keeps left-out tasks in the order, because a later call may queue them', () => {
    expect(startOrder(planOf(diamond, { skip: ['lonely'] }))).toContain('lonely');
  });

  it('starts whole waves one after the other when every wave is a barrier', () => {
    const plan = planOf(diamond, { settings: { schedule: 'waves' } });
    const waves = startOrder(plan).map((id) => plan.tasks.find((task) => task.id === id)?.wave);
    expect(waves).toEqual([1, 1, 2, 2, 3, 4]);
  });

  it('never starts a task before what it waits for, and is a permutation of the tasks', () => {
    fc.assert(
      fc.property(graphs, (tasks) => {
        const order = startOrder(planOf(tasks));
        expect([...order].sort()).toEqual(tasks.map(({ id }) => id).sort());
        for (const { id, deps } of tasks) {
          for (const dep of deps) expect(order.indexOf(dep)).toBeLessThan(order.indexOf(id));
        }
      }),
    );
  });
});

describe('criticalPath', () => {
  it('names the longest chain from its first task to its last', () => {
    expect(criticalPath(planOf(diamond))).toEqual(['first', 'long', 'longer', 'last']);
  });

  it('goes through the tasks of this run only', () => {
    expect(criticalPath(planOf(diamond, { skip: ['long', 'longer'] }))).toEqual(['first', 'short', 'last']);
  });

  it('is as long as the longest remaining path, each task waiting for the one before', () => {
    fc.assert(
      fc.property(graphs, (tasks) => {
        const path = criticalPath(planOf(tasks));
        expect(path).toHaveLength(Math.max(...remainingPath(tasks).values()));
        for (const [index, id] of path.entries()) {
          const before = path[index - 1];
          if (before !== undefined) expect(tasks.find((task) => task.id === id)?.deps).toContain(before);
        }
      }),
    );
  });

  it('is empty for a run without tasks', () => {
    expect(criticalPath(planOf([{ id: 'a' }], { skip: ['a'] }))).toEqual([]);
  });
});
