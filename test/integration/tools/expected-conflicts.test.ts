import { spell } from '../../../src/core/text/spelling.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedTask } from '../../../src/core/plan/plan.js';
import { openRepository, type Repository } from '../../../src/git/door/repository.js';
import { conflictsAtAGlance } from '../../../src/tools/predict/conflicts-at-a-glance.js';
import { compareWork, conflictsAnswer } from '../../../src/tools/predict/expected-conflicts.js';
import { compared } from '../../support/git/compared.js';
import { planOf } from '../../support/runs/plan-fixture.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

let test: TestRepository;
let repo: Repository;
let target: string;
beforeEach(async () => {
  test = await createRepository({ files: { 'shared.txt': 'start\n' } });
  repo = await openRepository(test.root);
  target = await test.git(['rev-parse', 'main']);
});
afterEach(async () => test.remove());

/** Tasks with a branch each that all change the same line. */
async function rivals(count: number): Promise<PlannedTask[]> {
  const ids = Array.from({ length: count }, (_, at) => `task-${String(at + 1)}`);
  for (const id of ids) {
    await test.git(['checkout', '--quiet', '-b', `feature/${id}`, 'main']);
    await test.commit(id, { 'shared.txt': `${id}\n` });
  }
  await test.git(['checkout', '--quiet', 'main']);
  return planOf(ids.map((id) => ({ id }))).tasks;
}

describe('conflictsAtAGlance', () => {
  it('finds what branches conflict', async () => {
    const tasks = await rivals(2);
    const found = await compared(async () => conflictsAtAGlance(repo, tasks, { target: 'refs/heads/main', least: 2 }));
    expect(found).toMatchObject({
      conflicts: [{ tasks: ['task-1', 'task-2'], files: ['shared.txt'] }],
      incomplete: null,
    });
  });

  it('finds nothing where fewer branches have work than asked for, or there is no target', async () => {
    const nothing = { conflicts: [], incomplete: null };
    const tasks = await rivals(2);
    expect(await conflictsAtAGlance(repo, tasks.slice(0, 1), { target, least: 2 })).toEqual(nothing);
    expect(await conflictsAtAGlance(repo, tasks, { target: 'refs/heads/gone', least: 2 })).toEqual(nothing);
    await test.git(['merge', '--quiet', '--ff-only', 'feature/task-1']);
    expect(await conflictsAtAGlance(repo, tasks, { target: 'refs/heads/main', least: 2 })).toEqual(nothing);
  });

  it('says so where more branches have work than are compared', async () => {
    const found = await conflictsAtAGlance(repo, await rivals(41), { target, least: 2 });
    expect(found.conflicts).toEqual([]);
    expect(spell(found.incomplete ?? '', 'terminal')).toContain('41 branches');
  });

  it('says why instead of failing', async () => {
    const found = await conflictsAtAGlance({ ...repo, root: '/nonexistent' }, await rivals(2), { target, least: 2 });
    expect(spell(found.incomplete ?? '', 'terminal')).toContain('/nonexistent');
  });
});

describe('compareWork', () => {
  it('compares too many branches with the target only, and says so', async () => {
    const tasks = await rivals(3);
    const commits = tasks.map(async ({ id, branch }) => ({ id, commit: await test.git(['rev-parse', branch]) }));
    const work = await Promise.all(commits);
    await test.commit('meanwhile', { 'shared.txt': 'meanwhile\n' });
    const moved = await test.git(['rev-parse', 'main']);
    const some = await compareWork(repo, work, { target: moved, mostCompared: 2 });
    expect(some.conflicts.map((conflict) => conflict.tasks)).toEqual([['task-1'], ['task-2'], ['task-3']]);
    expect(some.incomplete).toContain('more than 2 branches (3)');
    const all = await compareWork(repo, work, { target: moved, mostCompared: 3 });
    expect(all.conflicts).toHaveLength(6);
    expect(all.incomplete).toBeNull();
  });
});

describe('the answer', () => {
  it('has no field that says nothing, and stays small', () => {
    expect(conflictsAnswer([], null)).toEqual({});
    const files = Array.from({ length: 25 }, (_, at) => `${String(at)}.txt`);
    const many = Array.from({ length: 35 }, (_, at) => ({ tasks: [`task-${String(at)}`] as const, files }));
    const answer = conflictsAnswer(many, 'a reason');
    expect(answer.conflicts).toHaveLength(30);
    expect(answer.conflicts?.[0]).toEqual({ tasks: ['task-0'], files: files.slice(0, 20), moreFiles: 5 });
    expect(answer).toMatchObject({ moreConflicts: 5, conflictsUnknown: 'a reason' });
  });
});
