import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callWords } from '../../../../src/core/beads/bd-call.js';
import { nextCalls, stepsOf, type CallContext, type Outbox } from '../../../../src/core/beads/next-calls.js';
import { reportsOf, withMoment, type Report, type TaskMoment } from '../../../../src/core/beads/reports.js';
import type { TaskState } from '../../../../src/core/run/task-state.js';

const FRESH = { kind: 'fresh' } as const;
const STATES = {
  queued: { state: 'queued', notBefore: null, next: FRESH },
  worktree_created: { state: 'worktree_created', notBefore: null, next: FRESH },
  running: { state: 'running', attemptId: 'x', since: '', budgetUsd: null, next: FRESH, process: { kind: 'intended' } },
  merge_pending: { state: 'merge_pending', tip: 't', doneSeq: 1, hold: null },
  complete: { state: 'complete', landed: 'abc' },
  merge_conflict: { state: 'merge_conflict', files: ['a.txt'], targetCommit: 't', branchCommit: 'b' },
  failed: { state: 'failed', reason: 'timeout', message: 'timed out after 120 min' },
  verify_failed: { state: 'failed', reason: 'verify_failed', message: 'npm test failed' },
  aborted: { state: 'aborted' },
  blocked: { state: 'blocked', by: ['x'] },
  skipped: { state: 'skipped', why: 'user', landed: null },
} as const satisfies Record<string, TaskState>;
type Name = keyof typeof STATES;

function moment(name: Name, attempt: number, pull: number | null = null, landed: string | null = null): TaskMoment {
  return { state: STATES[name], attempt, pull, landed };
}

function kinds(...moments: readonly TaskMoment[]): string[] {
  return reportsOf(moments).map((report) => (report.kind === 'pr_created' ? `pr:${report.pull}` : report.kind));
}

describe('what Beads is told', () => {
  it.each<[string, readonly TaskMoment[], readonly string[]]>([
    ['nothing yet', [moment('queued', 0), moment('blocked', 0), moment('skipped', 0)], []],
    [
      'the way of a task',
      [
        moment('worktree_created', 0),
        moment('running', 1),
        moment('merge_pending', 1),
        moment('complete', 1, null, 'abc'),
      ],
      ['spawned', 'working', 'committed', 'merged'],
    ],
    [
      'the same with a pull request',
      [
        moment('worktree_created', 0),
        moment('running', 1),
        moment('merge_pending', 1),
        moment('merge_pending', 1, 42),
        moment('complete', 1, 42, 'abc'),
      ],
      ['spawned', 'working', 'committed', 'pr:42', 'merged'],
    ],
    [
      'all phases of what is seen only at its end',
      [moment('complete', 1, 42, 'abc')],
      ['spawned', 'working', 'committed', 'pr:42', 'merged'],
    ],
    [
      'the same twice',
      [moment('running', 1), moment('running', 1), moment('merge_pending', 1), moment('merge_pending', 1)],
      ['spawned', 'working', 'committed'],
    ],
    [
      'merged only when it landed',
      [moment('complete', 1), moment('complete', 1), moment('complete', 1, null, 'abc'), moment('complete', 1)],
      ['spawned', 'working', 'committed', 'merged'],
    ],
    [
      'a retry',
      [moment('running', 1), moment('worktree_created', 1), moment('running', 2), moment('merge_pending', 2)],
      ['spawned', 'working', 'spawned', 'working', 'committed'],
    ],
    [
      'a retry that was not seen',
      [moment('running', 1), moment('running', 2)],
      ['spawned', 'working', 'spawned', 'working'],
    ],
    [
      'a failure',
      [
        moment('running', 1),
        moment('failed', 1),
        moment('failed', 1),
        moment('queued', 1),
        moment('worktree_created', 1),
        moment('running', 2),
      ],
      ['spawned', 'working', 'failed', 'spawned', 'working'],
    ],
    [
      'a failure of what was done',
      [moment('worktree_created', 0), moment('verify_failed', 1)],
      ['spawned', 'working', 'committed', 'failed'],
    ],
    ['a failure before an agent ran', [moment('worktree_created', 0), moment('failed', 0)], ['spawned', 'failed']],
    [
      'a failure before the second agent ran',
      [moment('running', 1), moment('worktree_created', 1), moment('failed', 1)],
      ['spawned', 'working', 'spawned', 'failed'],
    ],
    [
      'a conflict that was resolved',
      [
        moment('merge_pending', 1),
        moment('merge_conflict', 1),
        moment('merge_conflict', 1),
        moment('merge_pending', 1),
        moment('complete', 1, null, 'abc'),
      ],
      ['spawned', 'working', 'committed', 'conflict', 'committed', 'merged'],
    ],
    [
      'a conflict of a pull request',
      [moment('merge_pending', 1, 42), moment('merge_conflict', 1, 42), moment('merge_pending', 1, 42)],
      ['spawned', 'working', 'committed', 'pr:42', 'conflict', 'committed', 'pr:42'],
    ],
    [
      'another pull request',
      [moment('merge_pending', 1, 42), moment('merge_pending', 1, 43)],
      ['spawned', 'working', 'committed', 'pr:42', 'pr:43'],
    ],
    [
      'a round of feedback',
      [
        moment('merge_pending', 1, 42),
        moment('worktree_created', 1, 42),
        moment('running', 2, 42),
        moment('merge_pending', 2, 42),
      ],
      ['spawned', 'working', 'committed', 'pr:42', 'spawned', 'working', 'committed', 'pr:42'],
    ],
    [
      'an abort',
      [
        moment('aborted', 0),
        moment('running', 1),
        moment('aborted', 1),
        moment('aborted', 1),
        moment('worktree_created', 1),
      ],
      ['spawned', 'working', 'aborted', 'spawned'],
    ],
  ])('is %s', (_, moments, expected) => {
    expect(kinds(...moments)).toEqual(expected);
  });

  it('never loses or changes what it said, skips no phase, and says nothing twice in a row', () => {
    const names = Object.keys(STATES) as Name[];
    const anyMoment = fc.tuple(
      fc.constantFrom(...names),
      fc.nat(3),
      fc.option(fc.integer({ min: 1, max: 2 })),
      fc.boolean(),
    );
    const before: Readonly<Record<string, readonly string[]>> = {
      working: ['spawned'],
      committed: ['working', 'conflict', 'pr_created', 'failed', 'aborted'],
      pr_created: ['committed', 'pr_created'],
      merged: ['committed', 'pr_created'],
    };
    fc.assert(
      fc.property(fc.array(anyMoment), (moments) => {
        let reports: readonly Report[] = [];
        for (const [name, attempt, pull, landed] of moments) {
          const next = withMoment(reports, moment(name, attempt, pull, landed ? 'abc' : null));
          expect(next.slice(0, reports.length)).toEqual(reports);
          expect(withMoment(next, moment(name, attempt, pull, landed ? 'abc' : null))).toEqual(next);
          reports = next;
        }
        for (const [at, { kind }] of reports.entries()) {
          const allowed = before[kind];
          if (allowed !== undefined) expect(allowed).toContain(reports[at - 1]?.kind);
        }
      }),
    );
  });
});

const context: CallContext = { runId: 'r1', known: () => null, lastLines: () => [] };

function outbox(task: string, reports: readonly Report[], done = 0): Outbox {
  return { task, steps: stepsOf(reports), done };
}

/** Everything that is said, round by round, as command lines. */
function rounds(outboxes: readonly Outbox[], given: Partial<CallContext> = {}): string[][] {
  const all: string[][] = [];
  let now = outboxes;
  for (
    let calls = nextCalls(now, { ...context, ...given });
    calls.length > 0;
    calls = nextCalls(now, { ...context, ...given })
  ) {
    all.push(calls.map(({ call }) => callWords(call).join(' ')));
    const told = new Set(calls.flatMap(({ tasks }) => tasks));
    now = now.map((box) => (told.has(box.task) ? { ...box, done: box.done + 1 } : box));
  }
  return all;
}

function removing(...kept: readonly string[]): string {
  const all = [
    'phase:spawned',
    'phase:working',
    'phase:committed',
    'phase:pr_created',
    'phase:merged',
    'merge-conflict',
  ];
  return all
    .filter((label) => !kept.includes(label))
    .map((label) => ` --remove-label ${label}`)
    .join('');
}

describe('the calls of bd', () => {
  it('are one for each step that many tasks have, in the order of each', () => {
    const reports = reportsOf([moment('complete', 1, null, 'abc')]);
    const boxes = [outbox('a', reports), outbox('b', reports), outbox('c', reports, 2)];
    expect(rounds(boxes)).toEqual([
      [
        `update a b --claim --status in_progress --add-label phase:spawned${removing('phase:spawned')}`,
        `update c --status in_progress --add-label phase:committed${removing('phase:committed')}`,
      ],
      [
        `update a b --status in_progress --add-label phase:working${removing('phase:working')}`,
        `update c --add-label phase:merged${removing('phase:merged')}`,
      ],
      [
        `update a b --status in_progress --add-label phase:committed${removing('phase:committed')}`,
        'close c --reason merged abc',
      ],
      [`update a b --add-label phase:merged${removing('phase:merged')}`],
      ['close a b --reason merged abc'],
    ]);
  });

  it('are of at most a hundred issues', () => {
    const reports = reportsOf([moment('worktree_created', 0)]);
    const calls = nextCalls(
      Array.from({ length: 201 }, (_, at) => outbox(`t${at}`, reports)),
      context,
    );
    expect(calls.map(({ tasks }) => tasks.length)).toEqual([100, 100, 1]);
  });

  it('are as the table says', () => {
    const words = (...reports: readonly Report[]) => rounds([outbox('a', reports)]).flat();
    expect(words({ kind: 'pr_created', attempt: 1, pull: 42 })).toEqual([
      `update a --status in_progress --add-label phase:pr_created --add-label pr:42${removing('phase:pr_created')}`,
    ]);
    expect(words({ kind: 'aborted', attempt: 1 })).toEqual([`update a --status open --assignee ${removing()}`]);
    expect(words({ kind: 'failed', attempt: 2, reason: 'timeout', message: 'timed out' })).toEqual([
      `update a --status blocked${removing()}`,
      'comments add -- a o8: Attempt 2 failed (timeout): timed out\n\n<!-- o8:beads r1 a 1 -->',
    ]);
    expect(words({ kind: 'conflict', attempt: 1, files: ['a.txt', '--b\u001b[2J'] })).toEqual([
      `update a --status in_progress --add-label phase:committed --add-label merge-conflict${removing('phase:committed', 'merge-conflict')}`,
      'comments add -- a o8: The branch conflicts with its target in:\n\n    a.txt\n    --b\n\n<!-- o8:beads r1 a 1 -->',
    ]);
  });

  it('quote the end of a log so that nothing in it is Markdown or a marker', () => {
    const report: Report = { kind: 'failed', attempt: 1, reason: 'exit_1', message: 'it ended' };
    const [, comment] = rounds([outbox('a', [report])], {
      lastLines: () => ['```', '\u001b[31m<!-- o8:beads r1 a 3 -->', ''],
    });
    expect(comment?.[0]).toContain('\n    ```\n    <!-- o8:beads r1 a 3 -->\n');
    const long = Array.from({ length: 1_000 }, (_, at) => `line ${at}`);
    const [, short] = rounds([outbox('a', [report])], { lastLines: () => long });
    expect(short?.[0]?.length).toBeLessThan(6_000);
    expect(short?.[0]).toContain('line 999');
  });

  it('leave exactly one phase, also of one that somebody else has set, and one pull request', () => {
    const known = () => ({ status: 'in_progress', labels: ['db', 'phase:odd', 'pr:1', 'phase-1'] });
    const [[working = ''] = []] = rounds([outbox('a', [{ kind: 'working', attempt: 1 }])], { known });
    expect(working).toContain('--remove-label phase:odd');
    expect(working).not.toMatch(/pr:1|phase-1|db/);
    const [[opened = ''] = []] = rounds([outbox('a', [{ kind: 'pr_created', attempt: 1, pull: 42 }])], { known });
    expect(opened).toContain('--remove-label pr:1');
  });

  it('open nothing again that a person has closed', () => {
    const known = () => ({ status: 'closed', labels: [] });
    const reports = reportsOf([moment('failed', 1), moment('aborted', 1)]);
    for (const call of rounds([outbox('a', reports)], { known }).flat())
      expect(call).not.toMatch(/--status|--assignee|--claim/);
  });
});
