import { hintAfterLock } from '../../core/text/git-lock-hint.js';
import { o8 } from '../../core/base/text.js';
import type { Link } from '../../core/run/rules/merge-branch.js';
import { announced, type Advance } from '../../core/run/rules/merge-stack.js';
import { mergeRef } from '../../core/plan/own-refs.js';
import { fastForward } from '../../git/checkout/checkout.js';
import { advanceRef, pinRef, resolveCommit } from '../../git/refs/refs.js';
import type { Run } from '../run/run.js';
import { targetBranch, targetOf } from '../../core/plan/target.js';

type Moved =
  | { readonly kind: 'advanced' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'blocked'; readonly reason: string; readonly paths: readonly string[]; readonly lock?: string };

/**
 * Moves the target by compare-and-swap, and updates a checkout that has it. The move is announced first, for every task
 * in it.
 */
export async function advanceTarget(
  run: Run,
  links: readonly Omit<Link, 'note'>[],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Advance> {
  const last = links.at(-1);
  if (last === undefined || from === to) return { kind: 'advanced' };
  run.lease.assertHeld();
  await pinRef(run.repo, mergeRef(run.plan.runId, last.task.id), to); // so that git gc does not remove it before the target has it
  await run.ledger.record(...announced(run.plan, links));
  run.lease.assertHeld();
  const result = await moveTarget(run, { from, to });
  if (result.kind !== 'blocked') return result;
  return {
    kind: 'blocked',
    reason: withPaths(result.reason, result.paths),
    hint: hintAfterLock(result.lock, o8('merge', { run: run.plan.runId, task: last.task.id })),
  };
}

/** Moves a branch, with a checkout that has it, or a hidden ref, by compare-and-swap. */
export async function moveTarget(
  run: Run,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Moved> {
  const target = targetOf(run.plan);
  const branch = targetBranch(target);
  if (branch === null)
    return (await advanceRef(run.repo, target.ref, { from, to })) ? { kind: 'advanced' } : { kind: 'moved' };
  const result = await fastForward(run.repo, { branch, from, to });
  if (result.kind === 'advanced') return result;
  if ((await resolveCommit(run.repo, target.ref)) !== from) return { kind: 'moved' };
  return result;
}

const MOST_PATHS = 20; // more would not be read, and journal records must stay small

function withPaths(reason: string, paths: readonly string[]): string {
  if (paths.length === 0) return reason;
  const rest = paths.length - MOST_PATHS;
  return `${reason}: ${paths.slice(0, MOST_PATHS).join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}`;
}
