import { describe, expect, it } from 'vitest';
import { pullReadiness, readinessText, type ReadinessFacts } from '../../../../src/core/forge/pull-readiness.js';
import type { CheckOutcome, PullCheck, SeenPull } from '../../../../src/core/forge/pull-request.js';
import { seenPull } from '../../../support/github/seen-pull.js';

const FACTS: ReadinessFacts = {
  verified: 'a'.repeat(40),
  pushedAt: '2026-01-01T10:00:00Z',
  now: '2026-01-01T10:10:00Z',
  answered: new Set(),
};

function check(name: string, outcome: CheckOutcome, required = false): PullCheck {
  return { name, outcome, required, url: null };
}

function decided(pull: Partial<SeenPull>, facts: Partial<ReadinessFacts> = {}): string {
  return readinessText(pullReadiness(seenPull(pull), { ...FACTS, ...facts }));
}

const request = { id: 'R1', by: 'ann', body: 'no', lines: [] };

describe('a pull request', () => {
  it.each<[string, Partial<SeenPull>, Partial<ReadinessFacts>]>([
    ['without checks and reviews', {}, {}],
    ['with passed checks', { checks: [check('a', 'passed'), check('b', 'passed')] }, {}],
    ['with an optional check that failed', { checks: [check('a', 'passed', true), check('b', 'failed')] }, {}],
    [
      'with an optional check that runs, where another is required',
      { checks: [check('a', 'passed'), check('b', 'pending')], requiredChecks: ['a'] },
      {},
    ],
    ['that was approved', { review: 'approved' }, {}],
    ['on a machine whose clock was set back', {}, { now: '2026-01-01T09:00:00Z' }],
  ])('%s is merged', (_, pull, facts) => {
    expect(decided(pull, facts)).toBe('merge');
  });

  it.each<[string, Partial<SeenPull>, Partial<ReadinessFacts>]>([
    ['checks are running: a', { checks: [check('a', 'pending'), check('b', 'passed')] }, {}],
    ['no check has been reported yet', {}, { now: '2026-01-01T10:00:30Z' }],
    ['required checks have not been reported yet: ci', { requiredChecks: ['ci'] }, {}],
    [
      'required checks have not been reported yet: ci',
      { checks: [check('other', 'failed')], requiredChecks: ['ci'] },
      {},
    ],
    ['checks were cancelled or need approval: a', { checks: [check('a', 'stopped'), check('b', 'pending')] }, {}],
    ['an approving review is required', { review: 'required' }, {}],
    [
      'changes were made as requested by ann; a new review is needed',
      { review: 'changes_requested', requestedChanges: [request] },
      { answered: new Set(['R1']) },
    ],
    ['the forge is still checking for conflicts', { mergeability: 'unknown' }, {}],
    ['the rules of the base branch do not allow the merge yet', { mergeability: 'blocked' }, {}],
  ])('waits: %s', (why, pull, facts) => {
    expect(decided(pull, facts)).toBe(`wait: ${why}`);
  });

  it.each<[string, Partial<SeenPull>, Partial<ReadinessFacts>]>([
    ['already merged', { state: { kind: 'merged', commit: null, by: null } }, {}],
    ['closed without a merge', { state: { kind: 'closed' } }, {}],
    ['marked as a draft', { state: { kind: 'open', draft: true } }, {}],
    ['conflicts with the base branch', { mergeability: 'conflicting', checks: [check('a', 'pending')] }, {}],
    ['the branch is at bbbbbbbbbbbb, which was not verified', { headCommit: 'b'.repeat(40) }, {}],
    ['checks failed: a', { checks: [check('a', 'failed'), check('b', 'pending')] }, {}],
    ['checks failed: ci', { checks: [check('ci', 'failed')], requiredChecks: ['ci'] }, {}],
    ['changes requested by ann', { requestedChanges: [request] }, {}],
    ['the base branch has commits that the branch lacks, and its rules require them', { mergeability: 'behind' }, {}],
  ])('is refused: %s', (why, pull, facts) => {
    expect(decided(pull, facts)).toBe(`refuse: ${why}`);
  });
});
