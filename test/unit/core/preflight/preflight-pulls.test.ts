import { describe, expect, it } from 'vitest';
import { inTerminal } from '../../../../src/core/base/text.js';
import type { ForgeFacts } from '../../../../src/core/forge/forge.js';
import { pullChecks, type PullFacts } from '../../../../src/core/preflight/preflight-pulls.js';
import { defaultSettings } from '../../../../src/core/settings/settings.js';

const FACTS: ForgeFacts = {
  program: 'gh',
  version: '2.23.0',
  login: 'ann',
  repository: { host: 'github.com', owner: 'acme', name: 'shop' },
  mayPush: true,
  archived: false,
  base: { kind: 'there', commit: 'c', protected: false, mayMerge: true, requiredApprovals: 0, requiredChecks: [] },
  strategies: ['merge', 'squash'],
  deletesBranches: false,
};

function asked(change: Partial<ForgeFacts>, ahead: number | null = 0): PullFacts {
  return {
    kind: 'asked',
    remote: 'origin',
    base: 'main',
    forge: { kind: 'ready', facts: { ...FACTS, ...change } },
    ahead,
  };
}

function said(facts: PullFacts, pr: Partial<ReturnType<typeof defaultSettings>['pr']> = {}): string[] {
  const settings = defaultSettings();
  const checks = pullChecks(facts, { pr: { ...settings.pr, ...pr } });
  return checks.map(({ level, message, hint }) => `${level}: ${message} | ${inTerminal(hint)}`);
}

const base = { kind: 'there', commit: 'c', protected: true, requiredChecks: [] } as const;

describe('preflight of pull requests', () => {
  it('says where they are opened', () => {
    expect(said(asked({}))).toEqual(['pass: Pull requests on acme/shop into main (gh 2.23.0, ann) | ']);
  });

  it.each<[string, PullFacts, string]>([
    ['no remote', { kind: 'no_remote', remote: 'origin' }, 'fail: Pull requests need a remote'],
    [
      'another address',
      { kind: 'no_forge', why: 'origin is a folder', hint: 'git remote -v' },
      'fail: origin is a folder | git remote -v',
    ],
    [
      'no gh',
      { ...asked({}), forge: { kind: 'no_program', program: 'gh', why: 'not found', hint: 'install it' } } as PullFacts,
      'fail: gh: not found | install it',
    ],
    [
      'no login',
      { ...asked({}), forge: { kind: 'no_login', why: 'gh is not logged in', hint: 'gh auth login' } } as PullFacts,
      'fail: gh is not logged in | gh auth login',
    ],
    [
      'no network, which may come back',
      { ...asked({}), forge: { kind: 'unreachable', why: 'no route' } } as PullFacts,
      'warn: GitHub was not asked: not reachable: no route',
    ],
    ['no right to push', asked({ mayPush: false }), 'fail: ann may not push to acme/shop'],
    ['an archive', asked({ archived: true }), 'fail: acme/shop is archived'],
    [
      'no base there',
      asked({ base: { kind: 'missing' } }),
      'fail: acme/shop has no branch main | git push origin main',
    ],
    [
      'another merge method',
      asked({ strategies: ['rebase'] }),
      'fail: acme/shop does not allow the merge method squash | o8 config set pr.strategy rebase',
    ],
    [
      'commits that are not pushed',
      asked({}, 2),
      'warn: main has 2 commits that origin/main lacks; tasks start from origin/main | git push origin main',
    ],
  ])('names %s and the next command', (_, facts, expected) => {
    expect(said(facts)).toEqual([expect.stringContaining(expected)]);
  });

  it('warns of rules that keep o8 from merging by itself, and only then', () => {
    const facts = asked({ base: { ...base, mayMerge: false, requiredApprovals: 1 } });
    expect(said(facts)).toHaveLength(1);
    expect(said(facts, { merge: 'auto' })).toEqual([
      expect.stringContaining('The rules of main do not let ann merge'),
      expect.stringContaining('main requires 1 approving review'),
    ]);
  });
});
