import { utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { O8Error } from '../../../src/core/base/errors.js';
import { tools } from '../../../src/tools/catalogue.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { PLAN_DIR, plannedRepository } from '../../support/runs/planned-repository.js';
import { taskFile } from '../../support/runs/plan-folder.js';

async function refusal(work: Promise<unknown>): Promise<O8Error> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof O8Error) return error;
  throw new Error('no O8Error', { cause: error });
}

describe('plan', () => {
  it('shows the fixed text for the example plan', async () => {
    const { context } = await plannedRepository();
    const { text } = await tools.plan.call({ dir: `${PLAN_DIR}/` }, context);
    expect(text).toBe(
      [
        '=== Parallel Execution Plan ===',
        '',
        'Parallel Dir: parallel/TS-0042-inventory-system',
        'Tech Spec: TS-0042',
        'Base Branch: main',
        'Max Concurrent: 3',
        '',
        'Wave 1 (3 tasks, parallel):',
        '  - task-001-users      -> ../workspaces/task-001 (feature/task-001-users)',
        '  - task-002-products   -> ../workspaces/task-002 (feature/task-002-products)',
        '  - task-003-shared     -> ../workspaces/task-003 (feature/task-003-shared)',
        '',
        'Wave 2 (2 tasks, parallel):',
        '  - task-004-orders     -> ../workspaces/task-004 (feature/task-004-orders)',
        '  - task-005-api        -> ../workspaces/task-005 (feature/task-005-api)',
        '',
        'Total Tasks: 5',
        'Estimated Worktree Space: ~5MB (5 worktrees x ~1MB)',
        '',
        "Merges into: o8/<run-id>, landed on main by 'o8 merge'",
      ].join('\n'),
    );
  });

  it('answers what its schema promises, with absolute paths', async () => {
    const { context, root, workspaces } = await plannedRepository();
    const answer = await tools.plan.call({ dir: PLAN_DIR, maxConcurrent: 2, schedule: 'waves' }, context);
    expect(answer).toMatchObject({
      dir: join(root, PLAN_DIR),
      base: 'main',
      target: 'o8/<run-id>',
      maxConcurrency: 2,
      schedule: 'waves',
      waves: [
        { wave: 1, tasks: ['task-001', 'task-002', 'task-003'] },
        { wave: 2, tasks: ['task-004', 'task-005'] },
      ],
      order: ['task-001', 'task-002', 'task-003', 'task-004', 'task-005'],
      criticalPath: ['task-001', 'task-004'],
      commands: [],
    });
    expect(answer.tasks[3]).toEqual({
      id: 'task-004',
      wave: 2,
      deps: ['task-001', 'task-002', 'task-003'],
      branch: 'feature/task-004-orders',
      worktree: join(workspaces, 'task-004'),
    });
    expect(answer.mermaid).toContain('graph TD');
  });

  it('gives the same answer every time', async () => {
    const { context } = await plannedRepository();
    const first = JSON.stringify(await tools.plan.call({ dir: PLAN_DIR }, context));
    expect(JSON.stringify(await tools.plan.call({ dir: PLAN_DIR }, context))).toBe(first);
  });

  it('writes nothing at all, not even into git folders with an index that is out of date', async () => {
    const { context, root } = await plannedRepository();
    // git status would write a refreshed index for this.
    await utimes(join(root, 'README.md'), new Date(), new Date());
    const before = await hashFolder(dirname(root));
    await tools.plan.call({ dir: PLAN_DIR }, context);
    expect(await hashFolder(dirname(root))).toBe(before);
  });

  it('finds the folder from below the top of the repository', async () => {
    const { context, root } = await plannedRepository();
    const { text } = await tools.plan.call(
      { dir: 'TS-0042-inventory-system' },
      { ...context, cwd: join(root, 'parallel') },
    );
    expect(text).toContain(`Parallel Dir: ${PLAN_DIR}\n`);
    expect(text).toContain('-> ../workspaces/task-001');
  });

  it('counts the tree it would fill the worktrees with', async () => {
    const { context } = await plannedRepository({ files: { 'big.bin': 'x'.repeat(3 * 1024 * 1024) } });
    expect((await tools.plan.call({ dir: PLAN_DIR }, context)).disk).toEqual({
      worktrees: 5,
      perWorktreeMB: 3,
      totalMB: 15,
    });
  });

  it('shows the chosen wave without the skipped task', async () => {
    const { context } = await plannedRepository();
    const answer = await tools.plan.call({ dir: PLAN_DIR, wave: 1, skip: ['task-002-products'] }, context);
    expect(answer.tasks.map(({ id }) => id)).toEqual(['task-001', 'task-003']);
    expect(answer.text).toContain(
      'Left out of this run:\n  - task-002-products (skipped)\n  - task-004-orders (wave 2)',
    );
  });

  it('shows the commands of settings, manifest and tasks', async () => {
    const { context } = await plannedRepository({
      manifest: { o8: { verify: 'npm test' } },
      files: {
        '.claude/parallel-config.json': { setup: 'npm ci' },
        [`${PLAN_DIR}/tasks/task-005-api.md`]: taskFile({ id: 'task-005', wave: 2, verify: 'npm run api' }),
      },
    });
    const { commands, text } = await tools.plan.call({ dir: PLAN_DIR }, context);
    expect(commands).toEqual([
      { kind: 'setup', command: 'npm ci' },
      { kind: 'verify', command: 'npm test', tasks: ['task-001', 'task-002', 'task-003', 'task-004'] },
      { kind: 'verify', command: 'npm run api', tasks: ['task-005'] },
    ]);
    expect(text).toContain('Commands that will run:\n  - setup (every task): npm ci');
  });

  it('refuses a selection that is none, two, or not in this version', async () => {
    const { context } = await plannedRepository();
    expect(await refusal(tools.plan.call({}, context))).toMatchObject({ code: 'usage' });
    expect(await refusal(tools.plan.call({ dir: PLAN_DIR, epic: 'x' }, context))).toMatchObject({ code: 'usage' });
    expect(await refusal(tools.plan.call({ dir: PLAN_DIR, features: ['login'] }, context))).toMatchObject({
      code: 'usage',
    });
    expect(await refusal(tools.plan.call({ epic: 'ghtml-a1b2' }, context))).toMatchObject({ code: 'refused' });
  });

  it('refuses unknown tasks and waves, a missing manifest and a detached HEAD', async () => {
    const { context, git } = await plannedRepository();
    expect(await refusal(tools.plan.call({ dir: PLAN_DIR, skip: ['nope'] }, context))).toMatchObject({
      code: 'unknown_task',
    });
    expect(await refusal(tools.plan.call({ dir: PLAN_DIR, wave: 9 }, context))).toMatchObject({ code: 'unknown_task' });
    expect(await refusal(tools.plan.call({ dir: 'parallel' }, context))).toMatchObject({ code: 'invalid_plan' });
    git('switch', '--quiet', '--detach');
    expect(await refusal(tools.plan.call({ dir: PLAN_DIR }, context))).toMatchObject({ code: 'refused' });
  });

  it('stays small for hundreds of tasks', async () => {
    const stems = Array.from({ length: 300 }, (_, index) => `task-${String(index + 1).padStart(3, '0')}`);
    const tasks = stems.map((id, index): [string, string] => [
      `${PLAN_DIR}/tasks/${id}.md`,
      taskFile({ id, wave: 1 + Math.floor(index / 60) }),
    ]);
    const { context } = await plannedRepository({
      manifest: { tasks: { total: 300, waves: 5, files: stems.map((stem) => `tasks/${stem}.md`) } },
      files: Object.fromEntries(tasks),
    });
    const answer = await tools.plan.call({ dir: PLAN_DIR }, context);
    expect(answer.tasks).toHaveLength(300);
    expect(JSON.stringify(answer).length).toBeLessThan(400_000);
  });
});
