import { join } from 'node:path';
import type { PlannedTask } from '../core/plan.js';
import { ownReason } from '../git/own-worktree.js';
import { addScratchWorktree, copyWorktreeIncludes, removeWorktree } from '../git/worktrees.js';
import { runShellCommand, type ProgramResult } from '../process/program.js';
import { agentEnvironmentOf } from './agent-variables.js';
import { filesOf, type Run } from './run.js';

export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly message: string }
  /** The task or the run is being aborted: nothing is known. */
  | { readonly kind: 'interrupted' };

/**
 * Runs a command of the user's on exactly the commit that would land, in a scratch worktree that is made and
 * removed here: nobody's checkout is involved. `setup` runs first, since a fresh worktree has nothing installed.
 */
export async function verifyCommit(
  run: Run,
  work: { readonly name: string; readonly commit: string; readonly command: string; readonly task: PlannedTask },
): Promise<Verdict> {
  const stop = run.interrupts.signalFor(work.task.id);
  const path = join(filesOf(run).dir, 'scratch', work.name);
  const logFile = join(filesOf(run).tasks, work.task.id, `${work.name}.log`);
  await removeWorktree(run.repo, run.serialise, path);
  await addScratchWorktree(run.repo, run.serialise, {
    path,
    commit: work.commit,
    reason: ownReason(run.plan.runId, work.name),
  });
  try {
    await copyWorktreeIncludes(run.repo, path);
    const commands = work.task.setup === null ? [work.command] : [work.task.setup, work.command];
    for (const command of commands) {
      const result = await runShellCommand(command, {
        cwd: path,
        env: { ...agentEnvironmentOf(run, work.task, null), O8_WORKTREE: path },
        timeoutMs: work.task.timeoutMinutes * 60_000,
        logFile,
        stop,
      });
      if (stop.aborted) return { kind: 'interrupted' };
      if (result.code !== 0) return { kind: 'failed', message: run.redact(failureText(command, result)) };
    }
    return { kind: 'passed' };
  } finally {
    await removeWorktree(run.repo, run.serialise, path);
  }
}

function failureText(command: string, result: ProgramResult): string {
  const ending = result.timedOut ? 'ran out of time' : `exit ${String(result.code ?? result.signal)}`;
  return `\`${command}\`: ${ending}\n${result.outputTail.slice(-1500)}`.trim(); // the end of the output says what failed
}
