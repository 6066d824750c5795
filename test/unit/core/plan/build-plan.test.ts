import { describe, expect, it } from 'vitest';
import { leftOutTasks, selectedTasks } from '../../../../src/core/plan/build-plan.js';
import { O8Error } from '../../../../src/core/base/errors.js';
import { planSchema } from '../../../../src/core/plan/plan.js';
import { planOf, seedTasks } from '../../../support/runs/plan-fixture.js';

function errorOf(work: () => unknown): O8Error {
  try {
    work();
  } catch (error) {
    if (error instanceof O8Error) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('buildPlan', () => {
  it('names the branch after the stem and the worktree after the id', () => {
    const [task] = planOf(seedTasks()).tasks;
    expect(task).toMatchObject({ branch: 'feature/task-001-users', worktree: '/home/ada/workspaces/task-001' });
  });

  it('makes a plan that its own schema accepts', () => {
    const plan = planOf(seedTasks());
    expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it('made before there were other kinds of prompts is read as one of texts', () => {
    const plan = planOf(seedTasks());
    const old = { ...plan, tasks: plan.tasks.map((task) => ({ ...task, promptKind: undefined })) };
    expect(planSchema.parse(JSON.parse(JSON.stringify(old)))).toEqual(plan);
  });

  it('is deterministic', () => {
    expect(JSON.stringify(planOf(seedTasks()))).toBe(JSON.stringify(planOf(seedTasks())));
  });

  it('lets a task decide for itself and takes the settings where it does not', () => {
    const own = { setup: 'make', verify: 'make test', timeoutMinutes: 5, budgetUsd: 2, retries: 0, model: 'haiku' };
    const plan = planOf([{ id: 'own', ...own }, { id: 'other' }], {
      settings: { setup: 'npm ci', timeout: 60, budget: { taskUsd: 9 }, agent: { model: 'opus' } },
    });
    expect(plan.tasks[0]).toMatchObject(own);
    expect(plan.tasks[1]).toMatchObject({
      setup: 'npm ci',
      verify: null,
      timeoutMinutes: 60,
      budgetUsd: 9,
      retries: 1,
      model: 'opus',
    });
  });

  it.each([
    ['integration', 'refs/heads/o8/20261121-080512-a1b2', 'o8/20261121-080512-a1b2'],
    ['base', 'refs/heads/main', 'main'],
    ['none', 'refs/o8/target/20261121-080512-a1b2', null],
    ['pr', 'refs/remotes/origin/main', null],
  ] as const)('merges into %s at %s', (into, ref, branch) => {
    expect(planOf(seedTasks(), { settings: { merge: { into } } }).target).toEqual({ ref, branch });
  });

  it('leaves out tasks by id or stem and says why', () => {
    const plan = planOf(seedTasks(), { skip: ['task-003-shared', 'task-001'] });
    expect(plan.skip).toEqual(['task-001', 'task-003']);
    expect(leftOutTasks(plan).map(({ task, why }) => [task.id, why])).toEqual([
      ['task-001', 'user'],
      ['task-003', 'user'],
    ]);
  });

  it('leaves out every other wave when one is chosen', () => {
    const plan = planOf(seedTasks(), { wave: 2, skip: ['task-005'] });
    expect(plan.skip).toEqual(['task-005']);
    expect(selectedTasks(plan).map(({ id }) => id)).toEqual(['task-004']);
    expect(leftOutTasks(plan).map(({ why }) => why)).toEqual(['other_wave', 'other_wave', 'other_wave', 'user']);
  });

  it('refuses an unknown task or wave and names the known ones', () => {
    const unknownTask = errorOf(() => planOf(seedTasks(), { skip: ['task-009'] }));
    expect(unknownTask.code).toBe('unknown_task');
    expect(unknownTask.message).toContain("'task-009'");
    expect(unknownTask.message).toContain('task-001, task-002');
    const unknownWave = errorOf(() => planOf(seedTasks(), { wave: 3 }));
    expect(unknownWave.code).toBe('unknown_task');
    expect(unknownWave.message).toContain('Its waves: 1, 2');
  });
});
