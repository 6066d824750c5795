import { spell, type Reader } from '../text/spelling.js';
import { o8 } from '../base/text.js';
import type { MergeInto } from '../settings/settings.js';
import type { Plan } from './plan.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';
import { targetRef } from './own-refs.js';

/**
 * Where the work of a run is merged. The merge queue advances `ref` (full name), and dependent tasks start from it;
 * `base` is the branch from which the run started. A merged task is in `ref`; a landed one is on the base branch.
 *
 * - `integration`: a branch created for the run; `merge` lands it on the base branch
 * - `base`: the base branch itself; each task lands when it is merged
 * - `none`: a hidden ref for dependent tasks; the user merges the tasks' branches, and o8 lands nothing
 * - `pr`: the remote-tracking ref of the base branch, which each fetch updates; each task gets a pull request, which the
 *   forge merges
 *
 * Code outside this file uses the functions below and never the kind.
 */
export type Target =
  | { readonly kind: 'integration'; readonly ref: string; readonly base: string; readonly branch: string }
  | { readonly kind: 'base'; readonly ref: string; readonly base: string }
  | { readonly kind: 'none'; readonly ref: string; readonly base: string }
  | { readonly kind: 'pr'; readonly ref: string; readonly base: string; readonly remote: string };

/**
 * How merged work gets to the base branch: with the command `merge`, immediately when merged, on the remote when its
 * pull request is merged, or never through o8.
 */
export type WayToLand = 'with_merge' | 'as_merged' | 'by_pull_request' | 'never';

/** The target as stored in `plan.json` by every version; `branch` is null if the ref is hidden. */
type StoredTarget = Plan['target'];

const REMOTES = 'refs/remotes/';

/** Whether a run with this setting opens pull requests, so that its target needs a remote. */
export function opensPulls(into: MergeInto): boolean {
  return into === 'pr';
}

/** The target of a new run, for `plan.json`. `remote`: where pull requests are opened. */
export function newTarget(into: MergeInto, runId: string, base: string, remote: string): StoredTarget {
  switch (into) {
    case 'integration':
      return { ref: `refs/heads/o8/${runId}`, branch: `o8/${runId}` };
    case 'base':
      return { ref: `refs/heads/${base}`, branch: base };
    case 'none':
      return { ref: targetRef(runId), branch: null };
    case 'pr':
      return { ref: `${REMOTES}${remote}/${base}`, branch: null };
  }
}

export function targetOf({ target: { ref, branch }, base }: Pick<Plan, 'target' | 'base'>): Target {
  if (branch === null) {
    const remote = remoteOf(ref, base.branch);
    return remote === null ? { kind: 'none', ref, base: base.branch } : { kind: 'pr', ref, base: base.branch, remote };
  }
  if (branch === base.branch) return { kind: 'base', ref, base: branch };
  return { kind: 'integration', ref, base: base.branch, branch };
}

/** The remote whose branch `base` is tracked by `ref`; null for another ref. */
function remoteOf(ref: string, base: string): string | null {
  const ending = `/${base}`;
  return ref.startsWith(REMOTES) && ref.endsWith(ending) ? ref.slice(REMOTES.length, -ending.length) : null;
}

/** The remote on which the run opens pull requests; null if it opens none. */
export function pullRemote(target: Target): string | null {
  switch (target.kind) {
    case 'pr':
      return target.remote;
    case 'integration':
    case 'base':
    case 'none':
      return null;
  }
}

/** The target of a run from the `target` (see `targetName`) and `base` in an answer. */
export function targetOfAnswer(name: string, base: string): Target {
  if (name === base) return { kind: 'base', ref: `refs/heads/${base}`, base };
  if (name.startsWith('refs/')) return { kind: 'none', ref: name, base };
  const remote = remoteOf(`${REMOTES}${name}`, base);
  if (remote !== null) return { kind: 'pr', ref: `${REMOTES}${name}`, base, remote };
  return { kind: 'integration', ref: `refs/heads/${name}`, base, branch: name };
}

/** The name used in messages, commit messages and answers; git resolves it to the same commit as `ref`. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'integration':
      return target.branch;
    case 'base':
      return target.base;
    case 'none':
      return target.ref;
    case 'pr':
      return `${target.remote}/${target.base}`;
  }
}

/** The branch that moves when a task is merged; null if no branch moves. */
export function targetBranch(target: Target): string | null {
  switch (target.kind) {
    case 'integration':
      return target.branch;
    case 'base':
      return target.base;
    case 'none':
    case 'pr':
      return null;
  }
}

/** The branch that was created for the run; `cleanup` removes it when all of it has landed. */
export function ownBranch(target: Target): string | null {
  switch (target.kind) {
    case 'integration':
      return target.branch;
    case 'base':
    case 'none':
    case 'pr':
      return null;
  }
}

export function wayToLand(target: Target): WayToLand {
  switch (target.kind) {
    case 'integration':
      return 'with_merge';
    case 'base':
      return 'as_merged';
    case 'pr':
      return 'by_pull_request';
    case 'none':
      return 'never';
  }
}

/** Why `merge` does not change the base branch; null if it lands the target there. */
export function whyMergeLandsNothing(target: Target): string | null {
  switch (target.kind) {
    case 'integration':
      return null;
    case 'base':
      return `tasks are merged into ${target.base} itself`;
    case 'none':
      return 'merge.into is none: the work stays on the task branches';
    case 'pr':
      return `pull requests are merged into ${target.remote}/${target.base}`;
  }
}

/** Refs (full names) of which one must contain a task's commits before `cleanup` removes its branch. */
export function keepingRefs(target: Target): string[] {
  const base = `refs/heads/${target.base}`;
  switch (target.kind) {
    case 'integration':
    case 'pr':
      return [base, target.ref];
    case 'base':
    case 'none':
      return [base];
  }
}

/** Whether the task's branch is the user's only copy of the work, so that `cleanup` needs `force` to delete it. */
export function keepsTaskBranches(target: Target): boolean {
  switch (target.kind) {
    case 'integration':
    case 'base':
    case 'pr':
      return false;
    case 'none':
      return true;
  }
}

/** The command that recreates the target at `commit` after it was deleted. */
export function restoreCommand(target: Target, commit: string): string {
  const branch = targetBranch(target);
  if (target.kind === 'pr') return `git fetch ${shellQuote(target.remote)}`;
  return branch === null ? `git update-ref ${target.ref} ${commit}` : `git branch ${shellQuote(branch)} ${commit}`;
}

/** The line of the plan that says where the work is merged. `reader`: for whom commands are spelled. */
export function mergesIntoText(target: Target, reader: Reader = 'terminal'): string {
  const base = printable(target.base);
  switch (target.kind) {
    case 'integration':
      return `Merges into: ${printable(target.branch)}, landed on ${base} by '${spell(o8('merge'), reader)}'`;
    case 'base':
      return `Merges into: ${base}, each task as it completes`;
    case 'none':
      return 'Merges into: no branch, the work stays on the branches above';
    case 'pr':
      return `Merges into: ${printable(targetName(target))}, by one pull request a task`;
  }
}
