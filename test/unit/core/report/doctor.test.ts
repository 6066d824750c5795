import { inTerminal } from '../../../../src/core/base/text.js';
import { expect, it } from 'vitest';
import { doctorFindings, type DoctorFacts } from '../../../../src/core/report/doctor.js';

const clean: DoctorFacts = {
  programs: [
    { name: 'node', version: 'v20.20.2', neededFor: 'everything' },
    { name: 'gh', version: null, neededFor: null },
  ],
  root: '/home/ada/shop',
  repository: { branch: 'main', unborn: false, changes: 0, operation: null, files: 12, special: [] },
  lock: { kind: 'free', pid: null },
  runs: [],
  elsewhere: [],
  worktrees: [],
  branches: [],
  settings: [],
  hooks: [],
  acceptSettings: null,
  keptRefs: 0,
};

/** What needs somebody, as `level message: hint`. */
const needs = (facts: Partial<DoctorFacts>): string[] =>
  doctorFindings({ ...clean, ...facts })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, message, hint }) => `${level} ${message}: ${inTerminal(hint)}`);

it('finds nothing to do in a clean repository, also without programs nobody needs', () => {
  expect(needs({})).toEqual([]);
});

it('names a missing program and what it is needed for', () => {
  expect(needs({ programs: [{ name: 'claude', version: null, neededFor: 'running agents' }] })).toEqual([
    'problem claude is not installed or does not start: needed for running agents: install claude, then: claude --version',
  ]);
});

it('names a run nobody is running, and a lock whose holder is dead', () => {
  const runs = [{ runId: 'r1', state: 'interrupted', waiting: [] }];
  expect(needs({ runs, lock: { kind: 'stale', pid: 12 } })).toEqual([
    'leftover stale lock (PID 12 not running): o8 run --resume',
    'leftover run r1 is interrupted: its supervisor is not running: o8 run --resume --run r1, or o8 abort --run r1',
  ]);
});

it('names a run whose files cannot be read', () => {
  expect(needs({ runs: [{ runId: 'r1', state: 'damaged', waiting: [] }] })).toEqual([
    'problem the files of run r1 cannot be read: o8 status --run r1',
  ]);
});

it('leaves worktrees and branches of a live run alone and names those of one that is over or forgotten', () => {
  const worktrees = ['live', 'over', 'forgotten'].map((runId) => ({ path: `/w/${runId}`, runId, gone: false }));
  const branches = [
    { name: 'o8/live', runId: 'live', merged: false },
    { name: 'o8/over', runId: 'over', merged: true },
    { name: 'feature/a.before-x', runId: null, merged: false },
  ];
  const runs = [
    { runId: 'live', state: 'running', waiting: [] },
    { runId: 'over', state: 'failed', waiting: [] },
  ];
  expect(needs({ runs, worktrees, branches })).toEqual([
    'leftover worktree /w/over of run over (failed): o8 cleanup --run over',
    'leftover worktree /w/forgotten of run forgotten, which no longer exists: git worktree unlock /w/forgotten; git worktree remove /w/forgotten   (git refuses if it has uncommitted changes; commits stay on its branch)',
    'leftover branch o8/over is merged: o8 cleanup --run over',
    'leftover branch feature/a.before-x of an earlier run has unmerged commits: git log HEAD..feature/a.before-x   (git branch -D feature/a.before-x deletes them)',
  ]);
});

it('names what keeps a run from starting in this checkout', () => {
  const repository = {
    branch: null,
    unborn: false,
    changes: 2,
    operation: 'rebase',
    files: 12,
    special: ['a shallow clone'],
  };
  expect(needs({ repository })).toEqual([
    'problem HEAD is detached; a run lands its work on a branch: git switch <branch>',
    'problem a rebase is in progress: git rebase --abort, or finish it',
    'leftover 2 uncommitted changes: a run starts from a clean checkout: git status',
  ]);
  expect(needs({ repository: { ...clean.repository, operation: 'bisect' } })).toEqual([
    'problem a bisect is in progress: git bisect reset, or finish it',
  ]);
});

it('says how much kept work there is', () => {
  expect(needs({ keptRefs: 1 })[0]).toContain('1 ref keeps rescued work');
});

it('names the worktree of finished work that is not merged, with what merges it', () => {
  const waiting = [{ worktree: '/w/b', why: 'its conflict is not resolved', command: 'o8 merge --task b --resolve' }];
  const worktrees = ['a', 'b'].map((task) => ({ path: `/w/${task}`, runId: 'r1', gone: false }));
  const runs = [{ runId: 'r1', state: 'failed', waiting }];
  expect(needs({ runs, worktrees })).toEqual([
    'leftover worktree /w/a of run r1 (failed): o8 cleanup --run r1',
    'leftover worktree /w/b of run r1 (failed): its conflict is not resolved: o8 merge --task b --resolve',
  ]);
});
