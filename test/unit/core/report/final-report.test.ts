import { o8, placeholder } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import { finalReport, summaryLine, type ReportInput } from '../../../../src/core/report/final-report.js';
import { planOf, ROOT, seedTasks } from '../../../support/runs/plan-fixture.js';
import { attemptEnded, RunHistory, taskDone } from '../../../support/runs/run-history.js';
import { viewsOf, wavesOf } from '../../../support/runs/task-views.js';

const TARGET = 'o8/20261121-080512-a1b2';

function report(run: RunHistory, more: Partial<ReportInput> = {}): string {
  const input = {
    runId: 'r1',
    runFlag: {},
    state: 'failed',
    base: 'main',
    target: TARGET,
    landed: false,
    takenBack: [],
    failedValidations: [],
    leftOut: [],
    commands: { run: o8('run', [placeholder('parallel-dir')]), integrate: null, cleanup: o8('cleanup') },
    reader: 'terminal' as const,
    show: (path: string) => path.replace(ROOT, '.'),
  };
  return finalReport({ ...input, tasks: viewsOf(run), waves: wavesOf(run), of: 'tasks', ...more });
}

function lastLine(text: string): string {
  return text.split('\n').at(-1) ?? '';
}

function complete(run: RunHistory, id: string, commits: number): void {
  run
    .lead(id, 'running')
    .record(attemptEnded(id), taskDone(id, commits), { type: 'task_merged', task: id, landed: 'l' });
}

/** The commits of the example plan. */
function seedRun(): RunHistory {
  const run = new RunHistory(planOf(seedTasks()));
  [5, 3, 4, 6, 8].forEach((commits, index) => complete(run, `task-00${index + 1}`, commits));
  return run;
}

describe('the final report', () => {
  it('of a run that completed is the fixed text', () => {
    expect(report(seedRun(), { state: 'completed' })).toBe(`=== Parallel Execution Complete ===

Wave 1: 3/3 tasks completed
Wave 2: 2/2 tasks completed
Total: 5/5 tasks completed

Branches created:
  - feature/task-001-users (5 commits)
  - feature/task-002-products (3 commits)
  - feature/task-003-shared (4 commits)
  - feature/task-004-orders (6 commits)
  - feature/task-005-api (8 commits)

Next step: o8 merge (puts ${TARGET} on main)`);
  });

  it('in Claude Code suggests /parallel-integrate, then /parallel-merge', () => {
    const integrate = '/parallel-integrate --parallel-dir parallel/TS-0042-inventory-system';
    const commands = {
      run: o8('run', ['x']),
      integrate: o8('integrate', ['parallel/TS-0042-inventory-system']),
      cleanup: o8('cleanup'),
    };
    const inChat = { state: 'completed', commands, reader: 'chat' as const };
    expect(report(seedRun(), inChat).split('\n').slice(-2)).toEqual([
      `Next step: ${integrate}`,
      `Then: /parallel-merge (puts ${TARGET} on main)`,
    ]);
    const landed = lastLine(report(seedRun(), { ...inChat, landed: true }));
    expect(landed).toBe(
      'Next step: everything is on main; /parallel-cleanup removes the remaining worktrees and branches',
    );
  });

  it('names what is not complete, why, and where to look', () => {
    const run = new RunHistory(planOf([...seedTasks(), { id: 'left' }], { skip: ['left'] })).lead('left', 'skipped');
    complete(run, 'task-001', 1);
    run.lead('task-002', 'failed').lead('task-003', 'merge_conflict').lead('task-005', 'aborted');
    run.record({ type: 'task_blocked', task: 'task-004', by: ['task-002', 'task-003'] });
    expect(report(run)).toBe(`=== Parallel Execution Finished ===

Wave 1: 1/3 tasks completed
Wave 2: 0/2 tasks completed
Total: 1/5 tasks completed

Branches created:
  - feature/task-001-users (1 commit)

Not completed:
  - task-002: exit_1 (the agent exited with code 1)
      why: o8 logs task-002
      worktree: /home/ada/workspaces/task-002
  - task-003: merge_conflict (conflicts with ${TARGET} at tttttttttttt)
      src/app.js
      worktree: /home/ada/workspaces/task-003
      o8 merge --run 20261121-080512-a1b2 --task task-003 --resolve
  - task-004: blocked by task-002, task-003
  - task-005: aborted

Next step: resolve the conflicts, then o8 merge; to retry the failed tasks: o8 run <parallel-dir> --retry-failed`);
  });

  it('shows paths as its reader wants them', () => {
    const run = new RunHistory(planOf([{ id: 'a' }], { settings: { workspaceRoot: 'w' } })).lead('a', 'merge_conflict');
    expect(report(run)).toContain('worktree: ./w/a\n      o8 merge');
  });

  it('quotes the last lines of a long message below its first one', () => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'running');
    run.record({
      type: 'task_failed',
      task: 'a',
      reason: 'verify_failed',
      message: `\`make check\`: exit 2\nfar above\n${'line\n'.repeat(5)}no database`,
    });
    expect(report(run)).toContain('  - a: verify_failed (`make check`: exit 2)\n');
    expect(report(run)).toContain('      no database\n      why: o8 logs a --verify');
    expect(report(run)).not.toContain('far above');
  });

  it('repeats the notes on a complete task', () => {
    const run = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'running');
    run.record({ type: 'task_done', task: 'a', tip: 't', commits: 1, notes: ['outside its scope: x.js'] });
    run.record({ type: 'task_merged', task: 'a', landed: 'l' });
    expect(report(run)).toContain('Notes:\n  - a: outside its scope: x.js\n');
  });

  it('of an aborted run says so', () => {
    expect(report(new RunHistory(planOf([{ id: 'a' }])).lead('a', 'aborted'), { state: 'aborted' })).toContain(
      '=== Parallel Execution Aborted ===',
    );
  });
});

describe('the next step', () => {
  const one = () => new RunHistory(planOf([{ id: 'a' }, { id: 'b' }])).lead('a', 'complete');

  it('after a failure or an abort is to try again', () => {
    const again = 'Next step: o8 run <parallel-dir> --retry-failed, or o8 merge to land what is complete';
    expect(lastLine(report(one().lead('b', 'failed')))).toBe(again);
    expect(lastLine(report(one().lead('b', 'aborted')))).toBe(again);
  });

  it('after a held merge is to resolve what holds it, also when the base is the target', () => {
    const run = one().lead('b', 'merge_pending');
    run.record({
      type: 'merge_held',
      task: 'b',
      reason: '1 file in the way in /home/ada/shop',
      hint: 'o8 merge --task b',
    });
    const text = report(run, { target: 'main' });
    expect(lastLine(text)).toBe('Next step: resolve what blocks the merge (see above), then o8 merge');
    expect(text).toContain('  - b: merge_pending (1 file in the way in /home/ada/shop)\n      o8 merge --task b\n');
  });

  it('after blocked tasks is to land what is complete', () => {
    const run = one().record({ type: 'task_blocked', task: 'b', by: ['wave 1'] });
    expect(lastLine(report(run))).toBe('Next step: o8 merge to land what is complete');
  });

  it('is to clean up once everything is on the base', () => {
    const done = 'Next step: everything is on main; o8 cleanup removes the remaining worktrees and branches';
    const run = one().lead('b', 'complete');
    expect(lastLine(report(run, { landed: true }))).toBe(done);
    expect(lastLine(report(run, { target: 'main' }))).toBe(done);
  });

  it('does not claim that reverted work is on the base, nor offer to land it', () => {
    const run = one().lead('b', 'complete');
    const takenBack = (...tasks: string[]) => tasks.map((task) => ({ task, commit: '0123456789abcdef' }));
    const some = report(run, { landed: true, takenBack: takenBack('a') });
    expect(some).toContain('Reverted on main:\n  - a (git revert 0123456789ab restores it)\n');
    expect(lastLine(some)).toBe(
      'Next step: main is up to date except for reverted work; o8 cleanup removes the remaining worktrees and branches',
    );
    expect(lastLine(report(run, { takenBack: takenBack('a', 'b') }))).toBe(
      'Next step: all work of the run has been reverted on main; o8 cleanup removes the remaining worktrees and branches',
    );
    // What was merged since then is still to land.
    expect(lastLine(report(run, { takenBack: takenBack('a') }))).toBe(`Next step: o8 merge (puts ${TARGET} on main)`);
  });

  it('does not offer to land what is on no branch', () => {
    const text = report(one().lead('b', 'complete'), { target: 'refs/o8/target/r' });
    expect(lastLine(text)).toBe(
      'Next step: merge the branches above yourself; with merge.into none, o8 does not land them',
    );
  });
});

describe('the summary line', () => {
  it('leaves out what is zero, except completed', () => {
    expect(summaryLine(viewsOf(seedRun()).values())).toBe('Summary: 5 completed');
    expect(summaryLine([])).toBe('Summary: 0 completed');
  });

  it('counts what failed, what conflicts and what is blocked, so that exit code 1 is always explained', () => {
    const run = new RunHistory(planOf(seedTasks())).lead('task-001', 'complete').lead('task-002', 'failed');
    run.lead('task-003', 'merge_conflict').lead('task-004', 'blocked').lead('task-005', 'aborted');
    expect(summaryLine(viewsOf(run).values())).toBe('Summary: 1 completed, 1 failed, 1 conflicts, 1 blocked');
    expect(
      summaryLine(
        viewsOf(
          new RunHistory(planOf(seedTasks())).lead('task-001', 'merge_conflict').lead('task-002', 'merge_conflict'),
        ).values(),
      ),
    ).toBe('Summary: 0 completed, 2 conflicts');
  });
});
