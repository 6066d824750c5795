import { describe, expect, it } from 'vitest';
import { estimateDisk } from '../../../../src/core/plan/disk-estimate.js';
import { planText } from '../../../../src/core/plan/plan-text.js';
import { planOf, seedTasks, sourcePlan } from '../../../support/runs/plan-fixture.js';

const disk = { worktrees: 5, perWorktreeMB: 150, totalMB: 750 };

/** The fixed text, to the space. */
const SEED_TEXT = `=== Parallel Execution Plan ===

Parallel Dir: parallel/TS-0042-inventory-system
Tech Spec: TS-0042
Base Branch: main
Max Concurrent: 3

Wave 1 (3 tasks, parallel):
  - task-001-users      -> ../workspaces/task-001 (feature/task-001-users)
  - task-002-products   -> ../workspaces/task-002 (feature/task-002-products)
  - task-003-shared     -> ../workspaces/task-003 (feature/task-003-shared)

Wave 2 (2 tasks, parallel):
  - task-004-orders     -> ../workspaces/task-004 (feature/task-004-orders)
  - task-005-api        -> ../workspaces/task-005 (feature/task-005-api)

Total Tasks: 5
Estimated Worktree Space: ~750MB (5 worktrees x ~150MB)
`;

describe('planText', () => {
  it('is the fixed text, and then where the work goes', () => {
    const text = planText(planOf(seedTasks()), disk);
    expect(text).toBe(`${SEED_TEXT}\nMerges into: o8/20261121-080512-a1b2, landed on main by 'o8 merge'`);
  });

  it('names the merge as its reader asks for it, and leaves the commands of the plan as they are', () => {
    const text = planText(planOf(seedTasks(), { settings: { verify: 'o8 merge' } }), disk, 'chat');
    expect(text).toContain("landed on main by '/parallel-merge'");
    expect(text).toContain('verify (every task): o8 merge');
  });

  it('says nothing of a tech spec when there is none', () => {
    const { source } = sourcePlan([]);
    const text = planText(planOf(seedTasks(), { source: { source: { ...source, techSpec: null } } }), disk);
    expect(text).toContain('Parallel Dir: parallel/TS-0042-inventory-system\nBase Branch: main');
  });

  it('counts a single task as one', () => {
    const text = planText(planOf([{ id: 'task-001' }]), estimateDisk({ trackedBytes: 0, trackedFiles: 0 }, 1));
    expect(text).toContain('Wave 1 (1 task):\n  - task-001   -> ../workspaces/task-001');
    expect(text).toContain('Estimated Worktree Space: ~1MB (1 worktree x ~1MB)');
  });

  it('names dependencies that the waves do not say already', () => {
    const tasks = seedTasks().map((task) => (task.id === 'task-005' ? { ...task, deps: ['task-002'] } : task));
    const text = planText(planOf(tasks), disk);
    expect(text).toContain('Dependencies:\n  - task-005-api waits for task-002-products');
    expect(text).not.toContain('task-004-orders waits');
  });

  it('shows every command word for word and when it runs', () => {
    const tasks = seedTasks().map((task) => (task.id === 'task-005' ? { ...task, verify: 'npm run api' } : task));
    const text = planText(
      planOf(tasks, {
        settings: { setup: 'npm ci && npm run build', verify: 'npm test' },
        source: {
          waves: [
            { number: 1, validation: 'npm run check\nnpm run lint' },
            { number: 2, validation: null },
          ],
        },
      }),
      disk,
    );
    expect(text).toContain(
      [
        'Commands that will run:',
        '  - setup (every task): npm ci && npm run build',
        '  - verify (task-001, task-002, task-003, task-004): npm test',
        '  - verify (task-005): npm run api',
        '  - validation (after wave 1): npm run check',
        '        npm run lint',
      ].join('\n'),
    );
  });

  it('lets no command hide a part of itself', () => {
    const text = planText(planOf(seedTasks(), { settings: { setup: 'true\r\u001b[2Krm -rf ~ \u202egnp.exe' } }), disk);
    expect(text).toContain(String.raw`setup (every task): true\u{d}\u{1b}[2Krm -rf ~ \u{202e}gnp.exe`);
  });

  it('shows the chosen wave only and lists what is left out', () => {
    const text = planText(planOf(seedTasks(), { wave: 2, skip: ['task-005'] }), disk);
    expect(text).not.toContain('Wave 1');
    expect(text).toContain('Wave 2 (1 task):\n  - task-004-orders     -> ../workspaces/task-004');
    expect(text).toContain('Total Tasks: 1');
    expect(text).toContain('Left out of this run:\n  - task-001-users (wave 1)');
    expect(text).toContain('  - task-005-api (skipped)');
  });

  it.each([
    ['base', 'Merges into: main, each task as it completes'],
    ['none', 'Merges into: no branch, the work stays on the branches above'],
  ] as const)('says where work goes that is merged into %s', (into, line) => {
    expect(planText(planOf(seedTasks(), { settings: { merge: { into } } }), disk)).toContain(line);
  });

  it('says when every wave waits for the one before', () => {
    expect(planText(planOf(seedTasks(), { settings: { schedule: 'waves' } }), disk)).toContain(
      'Schedule: each wave starts when the whole wave before it has finished',
    );
  });
});

describe('estimateDisk', () => {
  it('counts the bytes of the tree and the unused half of each last block', () => {
    expect(estimateDisk({ trackedBytes: 140 * 1024 * 1024, trackedFiles: 5120 }, 5)).toEqual(disk);
  });

  it('shows gigabytes above ten of them', () => {
    const text = planText(planOf(seedTasks()), { worktrees: 5, perWorktreeMB: 2560, totalMB: 12_800 });
    expect(text).toContain('Estimated Worktree Space: ~12.5GB (5 worktrees x ~2560MB)');
  });
});
