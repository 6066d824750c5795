import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { commandFailure } from '../../core/report/command-failure.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { verifiedKey } from '../../core/run/run-state.js';
import { treeOf } from '../../git/merge/merge.js';
import { copyWorktreeIncludes } from '../../git/worktrees/worktrees.js';
import { endKept, type KeptProcesses } from '../../process/trees/end-kept.js';
import { runShellCommand, shellCommandMarker } from '../../process/programs/run-program.js';
import { agentEnvironmentOf } from '../run/agent-variables.js';
import { markOfCommands } from '../run/commands-of-run.js';
import { noteLeftovers } from '../run/note-leftovers.js';
import { filesOf, type Run } from '../run/run.js';
import { inScratchWorktree } from '../run/scratch-worktrees.js';

export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly message: string }
  /** The task or the run is being aborted, so the result is unknown. */
  | { readonly kind: 'interrupted' };

export interface Check {
  /** The name of the scratch worktree, unique among checks that may run at the same time. */
  readonly name: string;
  readonly kind: 'verify' | 'validation';
  readonly commit: string;
  readonly command: string;
  /** The task whose setup, time limit and environment are used. */
  readonly task: PlannedTask;
  /** The tasks whose work is being checked; aborting one of them ends the check. */
  readonly tasks: readonly PlannedTask[];
  /** The wave, if this is its validation. */
  readonly wave?: number;
}

/**
 * Runs a user's command on exactly the commit that would land, in a temporary worktree, so that no checkout is
 * involved. `setup` runs first, because nothing is installed in a new worktree. Files that passed are not checked
 * again; files that failed are, because a test may fail by chance.
 */
export async function verifyCommit(run: Run, check: Check): Promise<Verdict> {
  const { task } = check;
  const tree = await treeOf(run.repo, check.commit);
  const digest = digestOf(task.setup, check.command);
  if (run.ledger.state.verified.has(verifiedKey(tree, digest))) return { kind: 'passed' };
  const number = run.verifyNumbers.next(run.ledger.state.verifyRuns);
  const verdict = await verifyInScratch(run, check, filesOf(run).verifyLog(number));
  if (verdict.kind === 'interrupted') return verdict;
  await run.ledger.record({
    type: 'verify_ran',
    number,
    tasks: check.tasks.map(({ id }) => id),
    commit: check.commit,
    tree,
    check: digest,
    passed: verdict.kind === 'passed',
    ...(check.wave === undefined ? {} : { wave: check.wave }),
  });
  return verdict;
}

async function verifyInScratch(run: Run, check: Check, log: string): Promise<Verdict> {
  const { name, commit, command, task, tasks } = check;
  const services: KeptProcesses[] = [];
  const stop = AbortSignal.any(tasks.map(({ id }) => run.interrupts.signalFor(id)));
  await mkdir(dirname(log), { recursive: true, mode: 0o700 });
  const work = async (path: string): Promise<Verdict> => {
    await copyWorktreeIncludes(run.repo, path);
    const commands = [
      ...(task.setup === null ? [] : [{ command: task.setup, leftovers: 'keep' as const }]),
      { command, leftovers: 'end' as const },
    ];
    for (const { command: each, leftovers } of commands) {
      const result = await runShellCommand(each, {
        cwd: path,
        env: { ...agentEnvironmentOf(run, task, null), ...markOfCommands(run), O8_WORKTREE: path },
        timeoutMs: task.timeoutMinutes * 60_000,
        logFile: log,
        stop,
        leftovers,
      });
      if (result.kept.length > 0) services.push({ marker: shellCommandMarker(each, log), seen: result.kept });
      await noteLeftovers(run, task.id, check.kind, result.ended);
      if (stop.aborted) return { kind: 'interrupted' };
      if (result.code !== 0) {
        const { code, signal, timedOut, outputTail } = result;
        const how = { command: run.redact(each), code, signal, timedOut, output: run.redact(outputTail) };
        return { kind: 'failed', message: commandFailure({ ...how, timeoutMinutes: task.timeoutMinutes }) };
      }
    }
    return { kind: 'passed' };
  };
  // Processes that the check left running are ended before its worktree is removed.
  return inScratchWorktree(run, { name, commit }, async (path) => {
    try {
      return await work(path);
    } finally {
      await endServices(run, task.id, services);
    }
  });
}

/**
 * Ends processes that `setup` left running for this check, such as a database. Those of the task's worktree keep
 * running.
 */
async function endServices(run: Run, task: string, services: readonly KeptProcesses[]): Promise<void> {
  for (const each of services) {
    const ended = await endKept(each, run.plan.settings.killAfter * 1000);
    if (ended.length > 0)
      run.log(`${task}: setup for a check left processes running, ended: ${ended.map(run.redact).join(', ')}`);
  }
}

/** A command may be long, and journal records must stay small. */
function digestOf(setup: string | null, command: string): string {
  return createHash('sha256')
    .update(JSON.stringify([setup, command]))
    .digest('hex')
    .slice(0, 32);
}
