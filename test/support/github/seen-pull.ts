import type { SeenPull } from '../../../src/core/forge/pull-request.js';

/** An open pull request that could be merged, with what a test changes of it. */
export function seenPull(change: Partial<SeenPull> = {}): SeenPull {
  return {
    number: 7,
    url: 'https://github.com/acme/shop/pull/7',
    title: 'Users',
    body: '',
    head: 'agent/demo-1',
    base: 'main',
    headCommit: 'a'.repeat(40),
    headBranchExists: true,
    state: { kind: 'open', draft: false },
    checks: [],
    requiredChecks: [],
    review: 'none',
    requestedChanges: [],
    mergeability: 'mergeable',
    ...change,
  };
}
