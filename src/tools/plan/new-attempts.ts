import { text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { selectedTasks } from '../../core/plan/build-plan.js';
import { O8Error } from '../../core/base/errors.js';
import type { NewAttempt } from '../../core/run/new-attempt.js';
import { attemptRef } from '../../core/plan/own-refs.js';
import type { Plan, PlannedTask } from '../../core/plan/plan.js';
import { afterKept, whyKept } from '../../core/kept/kept-text.js';
import { taskOf, type TaskRecord } from '../../core/run/run-state.js';
import type { RepositoryFacts } from '../../git/checkout/repository-facts.js';
import { atStake } from '../../git/kept/at-stake.js';
import { isOwnWorktree } from '../../git/worktrees/own-worktree.js';
import { resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { runHome, runPaths } from '../../store/files/paths.js';
import { readPrepared } from '../../store/runs/prepared.js';
import { readableRun } from '../context/load-run.js';
import { RunFiles, type LoadedRun } from '../context/run-files.js';
import { branchRef, isOwnBranch } from '../context/own-branch.js';

export interface EarlierWork {
  /** Features whose branch and worktree a finished run created: they start again. */
  readonly newAttempts: readonly NewAttempt[];
  /** Slugs of features that belong to an unfinished run. */
  readonly unfinished: readonly string[];
}

/**
 * What earlier runs left of the features of this plan. Anything else in the way (a branch that o8 did not create or that
 * is checked out elsewhere) is in neither list, and so a collision.
 */
export async function findEarlierWork(
  repo: Repository,
  plan: Plan,
  { worktrees }: Pick<RepositoryFacts, 'worktrees'>,
): Promise<EarlierWork> {
  const newAttempts: NewAttempt[] = [];
  const unfinished: string[] = [];
  const files = new RunFiles(runHome(repo));
  for (const task of selectedTasks(plan)) {
    const tip = await resolveCommit(repo, branchRef(task));
    const isRegistered = worktrees.some(({ path }) => path === task.worktree);
    if (tip === null && !isRegistered && !existsSync(task.worktree)) continue;
    const owner = await lastOwner(files, task);
    if (owner === null) continue;
    if (owner.run.state.phase.kind !== 'finished') {
      unfinished.push(task.id);
      continue;
    }
    const { run, record } = owner;
    const { runId } = run.plan;
    if (existsSync(task.worktree) && !(await isOwnWorktree(task.worktree, runId))) continue;
    if (tip !== null && !(await isOwnBranch(repo, record, tip))) continue;
    const ownPath = existsSync(task.worktree) ? await realpath(task.worktree) : task.worktree;
    if (worktrees.some(({ path, branch }) => branch === task.branch && path !== ownPath)) continue;
    const ref = attemptRef(runId, task.id, record.attempt);
    newAttempts.push({ task: task.id, runId, state: record.state.state, attempt: record.attempt, ref });
  }
  return { newAttempts, unfinished };
}

/**
 * Throws O8Error `refused` when the worktree of an earlier attempt holds files that cannot be committed to a rescue ref:
 * the supervisor would not remove that worktree.
 */
export async function refuseUnkept(repo: Repository, plan: Plan, attempts: readonly NewAttempt[]): Promise<void> {
  for (const { task: id, runId } of attempts) {
    const task = plan.tasks.find((candidate) => candidate.id === id);
    if (task === undefined || !(await isOwnWorktree(task.worktree, runId))) continue;
    const prepared = await readPrepared(runPaths(runHome(repo), runId).tasks, id);
    const why = whyKept((await atStake(repo, task.worktree, prepared)).stays);
    if (why === null) continue;
    const hint = text`${afterKept(task.worktree, 'the same command again')}; or move the whole worktree aside with --force`;
    throw new O8Error(
      'refused',
      `The worktree ${task.worktree} of an earlier attempt holds work that cannot be committed: ${why}.`,
      hint,
    );
  }
}

interface Owner {
  readonly run: LoadedRun;
  readonly record: TaskRecord;
}

/** The newest run that started a task with this branch and worktree, or may still start it. */
async function lastOwner(files: RunFiles, task: PlannedTask): Promise<Owner | null> {
  for (const runId of await files.list()) {
    const run = await readableRun(files, runId);
    if (run === null) continue;
    const isOf = run.plan.tasks.some(({ id, branch, worktree }) => {
      return id === task.id && branch === task.branch && worktree === task.worktree;
    });
    if (!isOf) continue;
    const record = taskOf(run.state, task.id);
    if (record.start !== null || run.state.phase.kind !== 'finished') return { run, record };
  }
  return null;
}
