import { describe, expect, it } from 'vitest';
import {
  keepingRefs,
  keepsTaskBranches,
  mergesIntoText,
  newTarget,
  ownBranch,
  pullRemote,
  restoreCommand,
  targetBranch,
  targetName,
  targetOf,
  targetOfAnswer,
  wayToLand,
  whyMergeLandsNothing,
  type Target,
} from '../../../../src/core/plan/target.js';

function stored(into: 'integration' | 'base' | 'none' | 'pr'): Target {
  return targetOf({ target: newTarget(into, 'r1', 'main', 'origin'), base: { branch: 'main', commit: 'c' } });
}

/** Everything that is asked of a target, beside each other. */
function answers(target: Target) {
  return {
    name: targetName(target),
    moves: targetBranch(target),
    own: ownBranch(target),
    lands: wayToLand(target),
    nothing: whyMergeLandsNothing(target),
    kept: keepingRefs(target),
    keepsTasks: keepsTaskBranches(target),
    restore: restoreCommand(target, 'abc'),
    text: mergesIntoText(target),
  };
}

describe('a target', () => {
  it('that is a branch of the run lands with merge and goes with cleanup', () => {
    const target = stored('integration');
    expect(target).toEqual({ kind: 'integration', ref: 'refs/heads/o8/r1', base: 'main', branch: 'o8/r1' });
    expect(answers(target)).toEqual({
      ...{ name: 'o8/r1', moves: 'o8/r1', own: 'o8/r1', lands: 'with_merge', nothing: null },
      ...{ kept: ['refs/heads/main', 'refs/heads/o8/r1'], keepsTasks: false, restore: 'git branch o8/r1 abc' },
      text: "Merges into: o8/r1, landed on main by 'o8 merge'",
    });
  });

  it('that is the base branch has everything landed that is merged', () => {
    const target = stored('base');
    expect(target).toEqual({ kind: 'base', ref: 'refs/heads/main', base: 'main' });
    expect(answers(target)).toEqual({
      ...{ name: 'main', moves: 'main', own: null, lands: 'as_merged' },
      nothing: 'tasks are merged into main itself',
      ...{ kept: ['refs/heads/main'], keepsTasks: false, restore: 'git branch main abc' },
      text: 'Merges into: main, each task as it completes',
    });
  });

  it('that is hidden lands nothing and leaves the branches of the tasks', () => {
    const target = stored('none');
    expect(target).toEqual({ kind: 'none', ref: 'refs/o8/target/r1', base: 'main' });
    expect(answers(target)).toEqual({
      ...{ name: 'refs/o8/target/r1', moves: null, own: null, lands: 'never' },
      nothing: 'merge.into is none: the work stays on the task branches',
      ...{ kept: ['refs/heads/main'], keepsTasks: true, restore: 'git update-ref refs/o8/target/r1 abc' },
      text: 'Merges into: no branch, the work stays on the branches above',
    });
  });

  it.each(['integration', 'base', 'none', 'pr'] as const)('%s is known again by what an answer says of it', (into) => {
    const target = stored(into);
    expect(targetOfAnswer(targetName(target), target.base)).toEqual(target);
  });

  it("of pull requests is the remote's base branch, which the forge moves", () => {
    const target = stored('pr');
    expect(target).toEqual({ kind: 'pr', ref: 'refs/remotes/origin/main', base: 'main', remote: 'origin' });
    expect(pullRemote(target)).toBe('origin');
    expect(pullRemote(stored('none'))).toBeNull();
    expect(answers(target)).toEqual({
      ...{ name: 'origin/main', moves: null, own: null, lands: 'by_pull_request' },
      nothing: 'pull requests are merged into origin/main',
      ...{ kept: ['refs/heads/main', 'refs/remotes/origin/main'], keepsTasks: false, restore: 'git fetch origin' },
      text: 'Merges into: origin/main, by one pull request a task',
    });
  });
});
