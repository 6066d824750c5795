import { joined, o8, text } from '../../core/base/text.js';
import { mergeAgain } from '../../core/held/finding.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { short, type Moved } from '../../git/findings/moved-branches.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import { gitAt, worktreeCommands } from '../../git/findings/mending.js';
import { recordOf, type Run } from '../run/run.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { targetName, targetOf } from '../../core/plan/target.js';

/**
 * The problem if landing `tip` would bring back commits that were removed from the base's history (amended, reset,
 * force-pulled); otherwise null.
 */
export async function baseRewritten({ repo, plan }: Run, base: string, tip: string): Promise<Moved | null> {
  const { commit, branch } = plan.base;
  if (commit === '' || (await resolveCommit(repo, commit)) === null) return null;
  if ((await isAncestor(repo, commit, base)) || !(await isAncestor(repo, commit, tip))) return null;
  const name = shellQuote(targetName(targetOf(plan)));
  return {
    reason: `${branch} was rewritten: it no longer contains ${short(commit)}, where the run started, and landing would bring that back`,
    hint: text`git worktree add ../rebase ${name} && git -C ../rebase rebase --onto ${shellQuote(branch)} ${commit} && git worktree remove ../rebase && ${o8('merge', { run: plan.runId })}`,
  };
}

/** The same for a branch and a target that no longer contains the commit from which the branch started. */
export async function targetRewritten(run: Run, task: PlannedTask, target: string, tip: string): Promise<Moved | null> {
  const { repo, plan } = run;
  const { start } = recordOf(run, task.id);
  if (start === null || (await resolveCommit(repo, start)) === null) return null;
  if ((await isAncestor(repo, start, target)) || !(await isAncestor(repo, start, tip))) return null;
  if (await isOfMergedDependency(run, task, start)) return null;
  const name = targetName(targetOf(plan));
  const rebase = `${gitAt(task)} rebase --onto ${shellQuote(name)} ${start}`;
  return {
    reason: `${name} was rewritten: it no longer contains ${short(start)}, where ${task.branch} started, and merging would bring that back`,
    hint: joined([...worktreeCommands(task), rebase, mergeAgain(plan.runId, task.id)], ' && '),
  };
}

/** It started on the pull request of a task that it needs, whose commits a squash or a rebase left out of the base. */
async function isOfMergedDependency(run: Run, { deps }: PlannedTask, start: string): Promise<boolean> {
  for (const dep of deps) {
    const { state, pull } = recordOf(run, dep);
    const pushed = pull?.pushed ?? null;
    if (mergedCommit(state) === null || pushed === null || (await resolveCommit(run.repo, pushed)) === null) continue;
    if (await isAncestor(run.repo, start, pushed)) return true;
  }
  return false;
}

/** The branch was moved back to a commit before its finished work and no longer contains what the task did. */
export function branchMovedBack(
  { plan }: Run,
  task: PlannedTask,
  { known, tip }: { readonly known: string; readonly tip: string },
): Moved {
  const reset =
    worktreeCommands(task).length === 0
      ? `${gitAt(task)} reset --keep ${known}`
      : `git branch -f ${shellQuote(task.branch)} ${known}`;
  return {
    reason: `${task.branch} was moved back from ${short(known)} to ${short(tip)}: it no longer has the task's work`,
    hint: text`${reset}   (restores it; then repeat the same command), or ${o8('cleanup', { run: plan.runId, task: task.id, force: true })}`,
  };
}
