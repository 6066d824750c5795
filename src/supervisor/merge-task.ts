import { join } from 'node:path';
import { scopeViolations, type ScopeViolation } from '../core/scope-check.js';
import { mergeMessage } from '../core/merge-message.js';
import type { PlannedTask } from '../core/plan.js';
import { changedPaths } from '../git/changes.js';
import { fastForward, forgetForwarded } from '../git/checkout.js';
import { commitAuthor, createCommit, trialMerge, treeOf } from '../git/merge.js';
import { advanceRef, isAncestor, mergeBase, pinRef, resolveCommit } from '../git/refs.js';
import { removeCleanWorktree } from './remove-worktree.js';
import { retryOrFail } from './retry.js';
import { filesOf, recordOf, type Run } from './run.js';
import { verifyCommit } from './verify-commit.js';

/** How often a target may move under a merge before it waits for `merge`; each time costs a verify. */
const MOST_RECOMPUTATIONS = 5;

/**
 * Puts one finished branch on the target: trial merge off to the side, scope, verify on exactly that commit, then
 * compare-and-swap (the merge queue idea of bors). Announced before it moves the ref, so a crash repeats nothing.
 */
export async function mergeTask(run: Run, task: PlannedTask): Promise<void> {
  for (let round = 0; round < MOST_RECOMPUTATIONS; round += 1) {
    const record = recordOf(run, task.id);
    if (record.state.state !== 'merge_pending') return;
    const tip = record.state.tip;
    const target = await resolveCommit(run.repo, run.plan.target.ref);
    if (target === null) {
      return hold(run, task, `target ${run.plan.target.ref} is gone`, `git update-ref ${run.plan.target.ref} <commit>`);
    }
    const intent = run.ledger.state.mergeIntents.get(task.id);
    const landed = intent !== undefined && (await isAncestor(run.repo, intent.to, target)) ? intent.to : null;
    if (landed !== null) {
      if (run.plan.target.branch !== null) await forgetForwarded(run.repo, run.plan.target.branch);
      return finish(run, task, landed);
    }
    if (await isAncestor(run.repo, tip, target)) return finish(run, task, target);

    const base = await mergeBase(run.repo, target, tip);
    if (base === null)
      return fail(run, task, 'agent_error', `branch ${task.branch} shares no history with ${run.plan.target.ref}`);
    const violations = await violationsOf(run, task, base, tip);
    if (violations.length > 0) return fail(run, task, 'scope_violation', violationText(violations));

    const candidate = await mergedCommit(run, task, target, tip, base);
    if (candidate.kind === 'conflict') {
      return run.ledger.record({
        type: 'task_conflicted',
        task: task.id,
        files: candidate.files,
        targetCommit: target,
        branchCommit: tip,
      });
    }
    if (task.verify !== null) {
      const verdict = await verifyCommit(run, { name: 'verify', commit: candidate.commit, command: task.verify, task });
      if (verdict.kind === 'interrupted') return;
      if (verdict.kind === 'failed') {
        return retryOrFail(run, task, { reason: 'verify_failed', message: verdict.message, retryable: true });
      }
    }
    const advanced = await advanceTarget(run, task, target, candidate.commit);
    if (advanced.kind === 'advanced') return finish(run, task, candidate.commit);
    if (advanced.kind === 'blocked') return hold(run, task, advanced.reason, advanced.hint);
  }
  return hold(run, task, `${run.plan.target.ref} kept moving while the merge was verified`, 'o8 merge');
}

type Candidate =
  { readonly kind: 'clean'; readonly commit: string } | { readonly kind: 'conflict'; readonly files: string[] };

async function mergedCommit(
  run: Run,
  task: PlannedTask,
  target: string,
  tip: string,
  base: string,
): Promise<Candidate> {
  const { strategy } = run.plan.settings.merge;
  const canFastForward = base === target;
  if (strategy === 'merge' && canFastForward) return { kind: 'clean', commit: tip };
  const trial = await trialMerge(run.repo, {
    ours: target,
    theirs: tip,
    scratchDir: join(filesOf(run).dir, 'scratch'),
  });
  if (trial.kind === 'conflict') return trial;
  const message = mergeMessage(run.plan, task, strategy);
  const commit = await createCommit(run.repo, {
    tree: canFastForward ? await treeOf(run.repo, tip) : trial.tree,
    parents: strategy === 'squash' ? [target] : [target, tip],
    message,
    ...(strategy === 'squash' ? { author: await commitAuthor(run.repo, tip) } : {}),
  });
  return { kind: 'clean', commit };
}

async function violationsOf(run: Run, task: PlannedTask, from: string, tip: string): Promise<ScopeViolation[]> {
  if (run.plan.settings.scope !== 'enforce') return [];
  return scopeViolations(task.scope, await changedPaths(run.repo, from, tip));
}

export function violationText(violations: readonly ScopeViolation[]): string {
  return violations.map(({ path, rule }) => `${path}: ${rule}`).join('\n');
}

type Advance =
  | { readonly kind: 'advanced' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'blocked'; readonly reason: string; readonly hint: string };

async function advanceTarget(run: Run, task: PlannedTask, from: string, to: string): Promise<Advance> {
  const { ref, branch } = run.plan.target;
  await pinRef(run.repo, `refs/o8/merge/${run.plan.runId}/${task.id}`, to); // git gc must not take it before it lands
  await run.ledger.record({ type: 'merge_intended', task: task.id, ref, from, to });
  run.lease.assertHeld();
  if (branch === null)
    return (await advanceRef(run.repo, ref, { from, to })) ? { kind: 'advanced' } : { kind: 'moved' };
  const result = await fastForward(run.repo, { branch, from, to });
  if (result.kind === 'advanced') return result;
  if ((await resolveCommit(run.repo, ref)) !== from) return { kind: 'moved' };
  return {
    kind: 'blocked',
    reason: withPaths(result.reason, result.paths),
    hint: `o8 merge --run ${run.plan.runId} --task ${task.id}`,
  };
}

const MOST_PATHS = 20; // more would not be read, and a journal record stays small

function withPaths(reason: string, paths: readonly string[]): string {
  if (paths.length === 0) return reason;
  const rest = paths.length - MOST_PATHS;
  return `${reason}: ${paths.slice(0, MOST_PATHS).join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}`;
}

async function finish(run: Run, task: PlannedTask, landed: string): Promise<void> {
  await run.ledger.record({ type: 'task_merged', task: task.id, landed });
  if (recordOf(run, task.id).worktree !== 'none') await removeCleanWorktree(run, task); // adopted work has none of ours
}

async function hold(run: Run, task: PlannedTask, reason: string, hint: string): Promise<void> {
  await run.ledger.record({ type: 'merge_held', task: task.id, reason, hint });
}

async function fail(
  run: Run,
  task: PlannedTask,
  reason: 'agent_error' | 'scope_violation',
  message: string,
): Promise<void> {
  await run.ledger.record({ type: 'task_failed', task: task.id, reason, message });
}
