import { inTerminal, joined, o8, type Text } from '../../core/base/text.js';
import { resolveCommit } from '../../git/refs/refs.js';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { tasksThatNeedRoom } from '../../core/plan/room.js';
import { taskOf } from '../../core/run/run-state.js';
import { resumeCommand } from '../../core/run/open-runs.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { branchTips } from '../../git/refs/branch-tips.js';
import { isOwnWorktree } from '../../git/worktrees/own-worktree.js';
import type { Repository } from '../../git/door/repository.js';
import { findWorktree } from '../../git/worktrees/worktree-list.js';
import { runHome, type RunHome } from '../../store/files/paths.js';
import { readableRun } from './load-run.js';
import { RunFiles, type LoadedRun } from './run-files.js';
import { keepsTaskBranches, targetOf } from '../../core/plan/target.js';

/**
 * Throws `preflight_failed` when a branch or worktree that the run is about to create exists and is not the run's own,
 * with the commands that move it aside without losing anything.
 */
export async function refuseTakenNames(repo: Repository, run: LoadedRun, ids: readonly string[]): Promise<void> {
  // The supervisor itself moves aside what is in the way of these.
  const tasks = run.plan.tasks.filter(({ id }) => ids.includes(id) && !needsRoom(run, id));
  const tips = await branchTips(
    repo,
    tasks.map(({ branch }) => branch),
    run.plan.base.commit,
  );
  const problems: { readonly message: string; readonly hint: Text }[] = [];
  const files = new RunFiles(runHome(repo));
  for (const task of tasks) {
    const hasBranch = tips.has(task.branch);
    const hasFolder = existsSync(task.worktree) && !(await isOwnWorktree(task.worktree, run.plan.runId));
    if (!hasBranch && !hasFolder) continue;
    const begun = taskOf(run.state, task.id).start !== null;
    const owner = await otherOwner(files, run, task, begun ? 'later' : 'any');
    if (owner === null && begun) continue; // its own, of an earlier attempt
    const left = owner === null ? '' : `, left by run ${owner.plan.runId}`;
    const path = relative(run.plan.root, task.worktree);
    const message = hasBranch
      ? `Branch already exists: ${task.branch}${left}`
      : `Worktree already exists: ${path}${left}`;
    problems.push({ message, hint: await wayOut(repo, run, task, owner, { hasBranch, hasFolder }) });
  }
  const [first] = problems;
  if (first === undefined) return;
  const hints = [...new Map(problems.map(({ hint }) => [inTerminal(hint), hint])).values()];
  throw new O8Error('preflight_failed', problems.map(({ message }) => message).join('\n'), joined(hints, '\n  '));
}

function needsRoom({ plan, state }: LoadedRun, id: string): boolean {
  return tasksThatNeedRoom(plan).has(id) && !state.roomMade.has(id);
}

/** The newest other run that started a task with the same branch or worktree; `later`: only runs newer than this one. */
async function otherOwner(
  files: RunFiles,
  { plan }: LoadedRun,
  task: PlannedTask,
  which: 'any' | 'later',
): Promise<LoadedRun | null> {
  for (const runId of await files.list()) {
    if (runId === plan.runId && which === 'later') return null;
    if (runId === plan.runId) continue;
    const other = await readableRun(files, runId);
    if (other === null) continue;
    if (hasBegun(other, task)) return other;
  }
  return null;
}

async function wayOut(
  repo: Repository,
  { plan }: LoadedRun,
  task: PlannedTask,
  owner: LoadedRun | null,
  { hasBranch, hasFolder }: { readonly hasBranch: boolean; readonly hasFolder: boolean },
): Promise<Text> {
  if (owner !== null && owner.state.phase.kind !== 'finished') return resumeCommand(owner.plan.runId);
  const theirs = owner?.plan.tasks.find(({ branch }) => branch === task.branch);
  const isMerged = owner !== null && theirs !== undefined && taskOf(owner.state, theirs.id).state.state === 'complete';
  if (isMerged && !keepsTaskBranches(targetOf(owner.plan))) return o8('cleanup', { run: owner.plan.runId });
  const [path, branch] = [relative(plan.root, task.worktree), task.branch];
  const isWorktree = hasFolder && (await findWorktree(repo, task.worktree)) !== null;
  const move = isWorktree ? 'git worktree move --force --force' : 'mv';
  const suffix = await freeSuffix(repo, task);
  return [
    ...(hasFolder ? [`${move} ${shellQuote(path)} ${shellQuote(`${path}${suffix}`)}`] : []),
    ...(hasBranch ? [`git branch -m ${shellQuote(branch)} ${shellQuote(`${branch}${suffix}`)}`] : []),
  ].join(' && ');
}

/** `-old`, or `-old-2` and so on when that name is taken. */
async function freeSuffix(repo: Repository, { worktree, branch }: PlannedTask): Promise<string> {
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '-old' : `-old-${String(number)}`;
    const isTaken =
      existsSync(`${worktree}${suffix}`) || (await resolveCommit(repo, `refs/heads/${branch}${suffix}`)) !== null;
    if (!isTaken) return suffix;
  }
}

/** Tasks of the run whose branch and worktree a later run created again: those belong to that run. */
export async function takenTasks(home: RunHome, { plan, state }: LoadedRun): Promise<string[]> {
  const begun = plan.tasks.filter(({ id }) => taskOf(state, id).start !== null);
  const taken = new Set<string>();
  const files = new RunFiles(home);
  for (const runId of await files.list()) {
    if (runId === plan.runId) break; // newest first
    const later = await readableRun(files, runId);
    for (const task of begun) {
      if (later !== null && hasBegun(later, task)) taken.add(task.id);
    }
  }
  return [...taken];
}

function hasBegun({ plan, state }: LoadedRun, task: PlannedTask): boolean {
  const same = plan.tasks.find(({ branch, worktree }) => branch === task.branch || worktree === task.worktree);
  if (same === undefined) return false;
  const { start, branchRemoved } = taskOf(state, same.id);
  return start !== null && !branchRemoved;
}
