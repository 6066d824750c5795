import { describe, expect, it } from 'vitest';
import {
  mergeBranch,
  type Branch,
  type BranchFacts,
  type BranchStep,
} from '../../../../src/core/run/rules/merge-branch.js';
import {
  afterAdvance,
  announced,
  brokeVerify,
  held,
  keptMoving,
  merged,
  validated,
} from '../../../../src/core/run/rules/merge-stack.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const plan = planOf([{ id: 'a' }, { id: 'b' }]);
const [task, other] = plan.tasks;
if (task === undefined || other === undefined) throw new Error('the plan has two tasks');

const BRANCH: Branch = { task, tip: 'tip', target: 'target', onto: 'target' };
const STACKED: Branch = { ...BRANCH, onto: 'stack' };
/** Nothing is in the way. */
const CLEAN: Required<BranchFacts> = {
  announced: null,
  rewritten: null,
  ancestor: 'base',
  outOfScope: null,
  isInStack: false,
  trial: { kind: 'clean', commit: 'merged', note: null },
  there: null,
};
const WAITS = { reason: 'reason', hint: 'hint' };
const CONFLICT = { kind: 'conflict' as const, files: ['f'] };
const FINDING = { key: 'k', what: 'what', path: 'p', commands: [] };

describe('a branch that is to be merged', () => {
  it.each<[string, Branch, Partial<BranchFacts>, object]>([
    ['lands', BRANCH, {}, { kind: 'stack', link: { task, from: 'target', commit: 'merged', note: null } }],
    ['lands on what comes before it', STACKED, {}, { kind: 'stack', link: { from: 'stack', commit: 'merged' } }],
    [
      'adds nothing to what comes before it',
      STACKED,
      { isInStack: true, trial: CONFLICT },
      { kind: 'stack', link: { from: 'stack', commit: 'stack' } },
    ],
    [
      'was moved to by a supervisor that was killed',
      BRANCH,
      { announced: 'to', rewritten: WAITS },
      { kind: 'merged_before', commit: 'to' },
    ],
    [
      'would bring back what was taken out',
      BRANCH,
      { rewritten: WAITS, ancestor: 'tip' },
      { kind: 'record', event: { type: 'merge_held', ...WAITS } },
    ],
    [
      'shares no history',
      BRANCH,
      { ancestor: null },
      { kind: 'record', event: { type: 'task_failed', reason: 'agent_error' } },
    ],
    [
      'was merged by a person',
      BRANCH,
      { ancestor: 'tip', outOfScope: 'x' },
      { kind: 'merged', commit: 'target', notes: [] },
    ],
    [
      'left its scope',
      BRANCH,
      { outOfScope: 'x'.repeat(3000), trial: CONFLICT },
      { kind: 'record', event: { type: 'task_failed', reason: 'scope_violation', message: 'x'.repeat(2000) } },
    ],
    [
      'conflicts',
      BRANCH,
      { trial: CONFLICT },
      { kind: 'record', event: { type: 'task_conflicted', files: ['f'], targetCommit: 'target', branchCommit: 'tip' } },
    ],
    ['conflicts with what may not land', STACKED, { trial: CONFLICT }, { kind: 'wait' }],
    [
      'conflicts with its own work that is there',
      BRANCH,
      { trial: CONFLICT, there: 'c0ffee' },
      { kind: 'merged', commit: 'c0ffee', notes: [expect.stringContaining('since c0ffee')] },
    ],
    [
      'needs a decision',
      BRANCH,
      { trial: { kind: 'held', findings: [FINDING] } },
      { kind: 'record', event: { type: 'merge_held', reason: 'what', held: { tip: 'tip', keys: ['k'] } } },
    ],
    [
      'may need none without what comes before it',
      STACKED,
      { trial: { kind: 'held', findings: [FINDING] } },
      { kind: 'wait' },
    ],
    ['cannot be signed', STACKED, { trial: { kind: 'unsigned', ...WAITS } }, { kind: 'hold_rest', reason: 'reason' }],
  ])('%s', (_, branch, facts, expected) => {
    expect(mergeBranch(plan, branch, { ...CLEAN, ...facts })).toMatchObject(expected);
  });

  it('is checked only as far as needed', () => {
    const looks = (branch: Branch, known: BranchFacts): [string[], BranchStep] => {
      const seen: string[] = [];
      let facts: BranchFacts = {};
      for (;;) {
        const step = mergeBranch(plan, branch, facts);
        if (step.kind !== 'look') return [seen, step];
        seen.push(step.at);
        facts = { ...facts, [step.at]: known[step.at] };
      }
    };
    expect(looks(BRANCH, CLEAN)[0]).toEqual(['announced', 'rewritten', 'ancestor', 'outOfScope', 'trial']);
    expect(looks(STACKED, CLEAN)[0]).toEqual([
      'announced',
      'rewritten',
      'ancestor',
      'outOfScope',
      'isInStack',
      'trial',
    ]);
    expect(looks(BRANCH, { ...CLEAN, trial: CONFLICT })[0]).toContain('there');
    expect(looks(BRANCH, { ...CLEAN, announced: 'to' })).toEqual([
      ['announced'],
      { kind: 'merged_before', commit: 'to' },
    ]);
  });
});

describe('a stack of branches', () => {
  it('is tried again when the target moved, and one by one when something is in the way', () => {
    expect(afterAdvance({ kind: 'advanced' }, 2)).toEqual({ kind: 'merged' });
    expect(afterAdvance({ kind: 'moved' }, 2)).toEqual({ kind: 'recompute' });
    expect(afterAdvance({ kind: 'blocked', ...WAITS }, 2)).toEqual({ kind: 'one_at_a_time' });
    expect(afterAdvance({ kind: 'blocked', ...WAITS }, 1)).toEqual({ kind: 'hold', ...WAITS });
  });

  it('is announced and recorded branch by branch', () => {
    const links = [
      { task, from: 'target', commit: 'one' },
      { task: other, from: 'one', commit: 'two' },
    ];
    expect(announced(plan, links)).toMatchObject([
      { type: 'merge_intended', task: 'a', from: 'target', to: 'one' },
      { type: 'merge_intended', task: 'b', from: 'one', to: 'two' },
    ]);
    expect(merged('a', 'one', [])).toEqual([{ type: 'task_merged', task: 'a', landed: 'one' }]);
    expect(merged('a', 'one', ['note']).map(({ type }) => type)).toEqual(['task_noted', 'task_merged']);
  });

  it('says who broke its verification, and among how many that was found', () => {
    const failure = { reason: 'verify_failed', retryable: true };
    expect(brokeVerify('exit 1', { stacked: 1, runs: 1 })).toEqual({ ...failure, message: 'exit 1' });
    expect(brokeVerify('exit 1', { stacked: 4, runs: 3 })).toEqual({
      ...failure,
      message: 'exit 1\n(found among 4 tasks in 3 verify runs)',
    });
  });

  it('waits for the user when the target keeps moving', () => {
    expect(held([task, other], keptMoving(plan))).toMatchObject([
      { type: 'merge_held', task: 'a', hint: `o8 merge --run ${plan.runId}` },
      { type: 'merge_held', task: 'b' },
    ]);
  });
});

it('records what the validation of a wave said', () => {
  expect(validated(2, 'c', { kind: 'passed' })).toEqual({ type: 'wave_validated', wave: 2, commit: 'c' });
  expect(validated(2, 'c', { kind: 'failed', message: 'exit 1' })).toEqual({
    type: 'wave_validation_failed',
    wave: 2,
    message: 'exit 1',
  });
});
