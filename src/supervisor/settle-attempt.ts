import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EMPTY_CLAUDE_STREAM, foldClaudeLine, type ClaudeFacts } from '../core/claude-stream.js';
import { judgeAttempt } from '../core/completion.js';
import { COMPLETION_MARKER } from '../core/completion-marker.js';
import type { AttemptExit } from '../core/events.js';
import { leftoversMessage } from '../core/merge-message.js';
import type { PlannedTask } from '../core/plan.js';
import { scopeViolations } from '../core/scope-check.js';
import { changedPaths, countCommits } from '../git/changes.js';
import { isAncestor, resolveCommit } from '../git/refs.js';
import { commitLeftovers, inspectWorktree } from '../git/worktrees.js';
import { readAttempt, stopAttempt, voidAttempt } from '../process/attempt.js';
import { foldAgentOutput } from '../store/agent-output.js';
import type { AgentWatch } from './agent-watch.js';
import { violationText } from './merge-task.js';
import { rescueWorktree } from './remove-worktree.js';
import { retryOrFail } from './retry.js';
import { attemptId, attemptOf, recordOf, type Run } from './run.js';

/** Lost to crashes this often in a row, a task has a cause of its own. */
const MOST_LOST = 3;
/** A limit that does not say when it ends is asked again after this time. */
const DEFAULT_PAUSE_MS = 5 * 60_000;

/**
 * An attempt is over: learn how it ended, stop what it left running, weigh the evidence, and record what follows.
 * Nothing here depends on having seen the agent before, so a new supervisor does the same.
 */
export async function settleAttempt(
  run: Run,
  agents: AgentWatch,
  task: PlannedTask,
  stopReason: 'stalled' | null,
): Promise<void> {
  const record = recordOf(run, task.id);
  if (record.state.state !== 'running') return;
  const { attempt } = record;
  const files = attemptOf(run, task.id, attempt);
  const exit = await exitOf(files.dir);
  if (exit === null) return;
  await stopAttempt(files.dir, attemptId(run, task.id, attempt), run.plan.settings.killAfter * 1000);
  await agents.finishLog(task.id, exitNumber(exit));
  const facts = await claudeFacts(run, files.output);
  const spent = { costUsd: facts?.costUsd ?? 0, tokens: facts?.tokens ?? 0 };
  await run.ledger.record({ type: 'attempt_ended', task: task.id, attempt, exit, ...spent });
  if (exit.kind === 'unknown') return settleLost(run, task);

  const work = await workOf(run, task);
  if (work.kind === 'unusable') {
    await rescueWorktree(run, task);
    return retryOrFail(run, task, { reason: 'agent_error', message: work.message, retryable: false });
  }
  const verdict = judgeAttempt({
    exit,
    agent: facts === null ? { kind: 'command' } : { kind: 'claude', facts },
    markerPresent: existsSync(join(task.worktree, COMPLETION_MARKER)),
    commits: work.commits + (work.uncommitted ? 1 : 0),
    stopReason,
  });
  switch (verdict.kind) {
    case 'failed':
      return retryOrFail(run, task, verdict);
    case 'rate_limited':
      return pauseForLimit(run, task, verdict.until);
    case 'succeeded':
      return settleSuccess(run, task, work.start);
  }
}

/** Null while it is not over after all. What was never started is fenced first, so that it never will be. */
async function exitOf(dir: string): Promise<AttemptExit | null> {
  const status = await readAttempt(dir);
  switch (status.kind) {
    case 'ended':
      return status.exit;
    case 'lost':
    case 'void':
      return { kind: 'unknown' };
    case 'unclaimed':
      return (await voidAttempt(dir)) === 'voided' ? { kind: 'unknown' } : null;
    case 'starting':
    case 'running':
      return null;
  }
}

async function claudeFacts(run: Run, output: string): Promise<ClaudeFacts | null> {
  if (run.plan.settings.agent.command !== null) return null;
  const time = { now: run.now(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  const stream = await foldAgentOutput(output, EMPTY_CLAUDE_STREAM, (value, line) => foldClaudeLine(value, line, time));
  return stream.facts;
}

type Work =
  | { readonly kind: 'usable'; readonly start: string; readonly commits: number; readonly uncommitted: boolean }
  | { readonly kind: 'unusable'; readonly message: string };

/** Where the agent left its branch. Another branch checked out or a rewritten start is not work o8 can merge. */
async function workOf(run: Run, task: PlannedTask): Promise<Work> {
  const found = await inspectWorktree(task.worktree);
  const start = recordOf(run, task.id).start;
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  if (start === null || tip === null)
    return { kind: 'unusable', message: `the agent removed its branch ${task.branch}` };
  if (!found.exists)
    return { kind: 'unusable', message: `the agent removed its worktree; its commits are on ${task.branch} (${tip})` };
  if (found.branch !== task.branch) {
    const where = found.branch === null ? `a detached HEAD at ${found.head ?? 'nothing'}` : `branch ${found.branch}`;
    return { kind: 'unusable', message: `the agent left its worktree on ${where} instead of ${task.branch}` };
  }
  if (!(await isAncestor(run.repo, start, tip))) {
    return {
      kind: 'unusable',
      message: `the agent rewrote history: ${task.branch} (${tip}) no longer contains its start ${start}`,
    };
  }
  const uncommitted = found.changes.some(({ path }) => path !== COMPLETION_MARKER);
  return { kind: 'usable', start, commits: await countCommits(run.repo, start, tip), uncommitted };
}

async function settleSuccess(run: Run, task: PlannedTask, start: string): Promise<void> {
  const notes: string[] = [];
  run.lease.assertHeld();
  const leftovers = await commitLeftovers(task.worktree, {
    message: leftoversMessage(run.plan, task),
    exclude: [COMPLETION_MARKER],
  });
  if (leftovers !== null) notes.push('changes the agent left uncommitted were committed by o8');
  await rm(join(task.worktree, COMPLETION_MARKER), { force: true });
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  if (tip === null) throw new Error(`branch ${task.branch} is gone`);
  if (run.plan.settings.scope === 'warn') {
    const violations = scopeViolations(task.scope, await changedPaths(run.repo, start, tip));
    if (violations.length > 0)
      notes.push(`outside its scope: ${violationText(violations.slice(0, 10)).replaceAll('\n', '; ')}`);
  }
  const commits = await countCommits(run.repo, start, tip);
  await run.ledger.record({ type: 'task_done', task: task.id, tip, commits, notes });
}

async function settleLost(run: Run, task: PlannedTask): Promise<void> {
  if (recordOf(run, task.id).lostInARow + 1 >= MOST_LOST) {
    const message = `its agent was lost ${String(MOST_LOST)} times in a row`;
    return run.ledger.record({ type: 'task_failed', task: task.id, reason: 'lost', message });
  }
  const next = { kind: 'continue' as const, note: 'The process was lost; nobody saw how it ended.' };
  return run.ledger.record({ type: 'task_requeued', task: task.id, why: 'lost', next });
}

/** Not a failure: the whole run waits, then the same session goes on. */
async function pauseForLimit(run: Run, task: PlannedTask, until: string | null): Promise<void> {
  const end = until ?? new Date(run.now().getTime() + DEFAULT_PAUSE_MS).toISOString();
  await run.ledger.record({ type: 'task_rate_limited', task: task.id, until: end });
  if (run.ledger.state.phase.kind === 'running') {
    await run.ledger.record({ type: 'run_paused', reason: 'a rate or usage limit was reached', until: end });
  }
}

/** The number `pipeline.log` ends with: the shell's convention for signals, 124 for a timeout as timeout(1) has it. */
function exitNumber(exit: AttemptExit): number {
  switch (exit.kind) {
    case 'exited':
      return exit.code;
    case 'signalled':
      return 128 + (SIGNAL_NUMBERS[exit.signal] ?? 0);
    case 'timed_out':
      return 124;
    case 'not_started':
      return 127;
    case 'unknown':
      return -1;
  }
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
