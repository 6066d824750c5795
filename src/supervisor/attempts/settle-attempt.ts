import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentFacts } from '../../core/agents/base/agent-facts.js';
import { taskAgent } from '../../core/agents/kinds.js';
import { RESULT_GRACE_MS } from '../../core/run/decide.js';
import { endOf, settle, type AttemptOver, type AttemptWork, type StopReason } from '../../core/run/rules/settle.js';
import { hasMarker } from './marker-file.js';
import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';
import { failpoint } from '../../core/base/failpoint.js';
import { rescuedNote } from '../../core/kept/kept-text.js';
import { lastWords } from '../../core/report/last-words.js';
import { leftoversMessage } from '../../core/merge/merge-message.js';
import { rescueRef } from '../../core/plan/own-refs.js';
import { sourceOf } from '../../core/plan/sources.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { taskLogView } from '../../core/agents/readable-log.js';
import { changedPaths, countCommits } from '../../git/diff/changes.js';
import { lastCheckedOut } from '../../git/worktrees/head-log.js';
import { createRef, isAncestor, pinRef, resolveCommit } from '../../git/refs/refs.js';
import { commitLeftovers, inspectWorktree, keepStaged } from '../../git/worktrees/worktrees.js';
import { readLogTail } from '../../store/logs/log-reader.js';
import type { AgentWatch } from './agent-watch.js';
import { noteOverage } from './note-overage.js';
import { surroundingsNotes } from './note-surroundings.js';
import { isTasksWorktree, noteOnce, rescueWorktree } from './remove-worktree.js';
import { recordDone } from '../run/record-done.js';
import { failOrRetry } from '../run/fail-or-retry.js';
import { isNotMerged, restoreNotMerged } from './restore-not-merged.js';
import { unlockWithoutAgent } from './worktree-lock.js';
import { scopeFindings, violationText } from './scope-findings.js';
import { attemptExit, endedEvent, exitNumber, storeOutputOnce } from './attempt-evidence.js';
import { attemptOf, lastAttemptRef, placedAttempt, recordOf, type Run } from '../run/run.js';

/** Why o8 ended an attempt, and the command lines of the processes that the agent had running. */
interface OwnStop {
  readonly why: StopReason;
  readonly running: readonly string[];
}

/**
 * Handles an ended attempt: determines how it ended, stops processes it left running, judges the evidence, and records
 * the result. It does not need earlier observations of the agent, so a new supervisor can do the same.
 */
export async function settleAttempt(
  run: Run,
  agents: AgentWatch,
  task: PlannedTask,
  stop: OwnStop | null,
): Promise<void> {
  const { attempt } = recordOf(run, task.id);
  await recordEnd(run, agents, task, stop);
  // Only after the result is recorded, because until then a new supervisor may have to read the raw output again.
  if (recordOf(run, task.id).state.state !== 'running') await storeOutputOnce(run, task, attempt);
  await unlockWithoutAgent(run, task);
}

async function recordEnd(run: Run, agents: AgentWatch, task: PlannedTask, stop: OwnStop | null): Promise<void> {
  const record = recordOf(run, task.id);
  if (record.state.state !== 'running') return;
  const { attempt } = record;
  const stopReason = stop?.why ?? null;
  const files = attemptOf(run, task.id, attempt);
  const seen = await attemptExit(run, task.id, attempt);
  if (seen === null) return;
  const exit = endOf(seen, stopReason);
  await run.place.stop(placedAttempt(run, task.id, attempt), run.plan.settings.killAfter * 1000);
  await agents.finishLog(task.id, exitNumber(exit));
  const { agent, settings } = taskAgent(run.plan.settings, task.agent);
  const { facts, event } = await endedEvent(run, task, attempt, exit);
  await run.ledger.record(event);
  const over: AttemptOver = {
    task: task.id,
    exit,
    stop: stopReason,
    agent: { ...agent, facts, rateLimitExitCode: settings.rateLimitExitCode },
    markerPresent: hasMarker(task.worktree),
    limits: {
      timeoutMinutes: task.timeoutMinutes,
      stallMinutes: run.plan.settings.stallTimeout,
      budgetUsd: record.state.budgetUsd,
      maxTurns: settings.maxTurns,
    },
    output: files.output,
  };
  const first = settle(run.ledger.state, over, null, run.now());
  if (first.kind === 'left_to_abort') return;
  if (first.kind === 'record') return run.ledger.record(...first.events);

  await noteOnce(run, task, await surroundingsNotes(run, task.id, attempt)); // for every result
  const around = [...denialNotes(facts), ...stopNotes(stop)];
  if (facts.overage) await noteOverage(run, task.id);
  if (first.kind === 'look_at_work') around.push(...(await restoreBranch(run, task)));
  const settlement =
    first.kind === 'look_at_work' ? settle(run.ledger.state, over, await workOf(run, task), run.now()) : first;
  switch (settlement.kind) {
    case 'left_to_abort':
      return;
    case 'record':
      return run.ledger.record(...settlement.events);
    case 'fail': {
      const rescued = settlement.rescues ? await rescueWorktree(run, task) : null;
      const kept = rescued === null ? '' : `; work that is not on ${task.branch} is kept as ${rescued.ref}`;
      const message = settlement.failure.message + kept + around.map((note) => `\n${note}`).join('');
      const whole = settlement.quotes ? await quoting(run, task, files, message) : message;
      return failOrRetry(run, task, { ...settlement.failure, message: whole });
    }
    case 'take_work':
      return takeWork(run, task, settlement.start, around);
    case 'look_at_work':
      throw new Error(`the work of ${task.id} was already checked and is requested again`);
  }
}

/** Processes that kept the agent from exiting, for example a signing program. */
function stopNotes(stop: OwnStop | null): string[] {
  const running = stop === null || stop.running.length === 0 ? null : stop.running.join(', ');
  if (stop?.why === 'finished') {
    const what = running === null ? 'it was stopped' : `it was stopped, and with it: ${running}`;
    return [`gave its result and did not exit within ${String(RESULT_GRACE_MS / 1000)} s; ${what}`];
  }
  return running !== null && (stop?.why === 'stalled' || stop?.why === 'timeout') ? [`it was running: ${running}`] : [];
}

/** Log lines to search for the few that are quoted, because most lines are events without text. */
const LINES_TO_QUOTE_FROM = 200;

const MOST_DENIALS = 5; // the log has all of them

/** Denied tool calls, each with the setting that would allow it. */
function denialNotes({ denials }: AgentFacts): string[] {
  return denials.slice(0, MOST_DENIALS).map(({ tool, target, grant }) => {
    const what = target === null ? tool : `${tool} (${target})`;
    return `was not permitted: ${what}${grant === null ? '' : `; agent.allowedTools ${JSON.stringify(grant)} would permit it`}`;
  });
}

/** The failure message followed by the agent's last lines. */
async function quoting(run: Run, task: PlannedTask, { log }: { log: string }, message: string): Promise<string> {
  const words = lastWords(await readLogTail(log, LINES_TO_QUOTE_FROM), taskLogView(run.plan, task.id), message);
  return words === '' ? message : `${message}\n${words}`;
}

/**
 * The state of the agent's branch. If another branch is checked out or the start was rewritten, o8 cannot merge the
 * work.
 */
async function workOf(run: Run, task: PlannedTask): Promise<AttemptWork> {
  await isTasksWorktree(run, task); // restores a deleted `.git` file
  const found = await inspectWorktree(task.worktree);
  const start = recordOf(run, task.id).start;
  const tip = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  if (start === null || tip === null) return { kind: 'unusable', message: await removedBranch(run, task, start) };
  if (!found.exists) {
    const kept =
      tip === start ? `${task.branch} has no commits of the task` : `its commits are on ${task.branch} (${tip})`;
    return { kind: 'unusable', message: `its worktree was deleted, by the agent or another process; ${kept}` };
  }
  if (found.operation !== null) {
    return { kind: 'unusable', message: `the agent left a ${found.operation} unfinished in its worktree` };
  }
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
  const uncommitted = found.changes.some(({ path }) => path !== COMPLETION_MARKER && !isNotMerged(run, path));
  return { kind: 'usable', start, commits: await countCommits(run.repo, start, tip), uncommitted };
}

/**
 * Restores a branch that was deleted while its worktree still has it checked out: any agent can delete the branches of
 * all others, so this is not held against the task. Returns notes.
 */
async function restoreBranch(run: Run, task: PlannedTask): Promise<string[]> {
  const ref = `refs/heads/${task.branch}`;
  const { start } = recordOf(run, task.id);
  if (start === null || (await resolveCommit(run.repo, ref)) !== null) return [];
  await isTasksWorktree(run, task);
  const found = await inspectWorktree(task.worktree);
  if (!found.exists || found.branch !== task.branch) return [];
  const commit = (await lastCheckedOut(run.repo, task.worktree, start)) ?? start;
  run.lease.assertHeld();
  if (!(await createRef(run.repo, ref, commit))) return [];
  return [`${task.branch} was deleted while it ran, by the agent or another process; restored at ${commit}`];
}

/** Only the worktree's HEAD log has these commits, so they are kept with a ref like those of other ended attempts. */
async function removedBranch(run: Run, task: PlannedTask, start: string | null): Promise<string> {
  const removed = `the agent removed its branch ${task.branch}`;
  const last = start === null ? null : await lastCheckedOut(run.repo, task.worktree, start);
  if (last === null) return removed;
  run.lease.assertHeld();
  await pinRef(run.repo, lastAttemptRef(run, task.id), last);
  return `${removed}; its commits are kept as ${lastAttemptRef(run, task.id)}`;
}

/** Accepts the agent's work: commits uncommitted changes and queues the branch to be merged. */
async function takeWork(run: Run, task: PlannedTask, start: string, around: readonly string[]): Promise<void> {
  const notes = [...around];
  run.lease.assertHeld();
  const before = await inspectWorktree(task.worktree);
  const { attempt } = recordOf(run, task.id);
  const staged = await keepStaged(run.repo, task.worktree, before, rescueRef(run.plan.runId, task.id, attempt));
  if (staged !== null) {
    notes.push(
      rescuedNote('content that was staged and then changed before the commit is', staged.ref, before.stagedOnly),
    );
  }
  const leftovers = await commitLeftovers(run.repo, {
    path: task.worktree,
    branch: task.branch,
    message: leftoversMessage(run.plan, task),
    exclude: [COMPLETION_MARKER, ...sourceOf(run.plan.source).notMerged],
  });
  if (leftovers !== null) notes.push('changes the agent left uncommitted were committed by o8');
  const { nestedRepositories } = before;
  if (nestedRepositories.length > 0) {
    notes.push(`Nested repositories were left in its worktree and not merged: ${nestedRepositories.join(', ')}`);
  }
  const left = await resolveCommit(run.repo, `refs/heads/${task.branch}`);
  if (left === null) throw new Error(`branch ${task.branch} is gone`);
  const tip = await restoreNotMerged(run, task, left);
  if (await changesAttributes(run, start, tip)) {
    notes.push('changes .gitattributes, which affects how git merges and compares files; review that change');
  }
  if (run.plan.settings.scope === 'warn') {
    const violations = await scopeFindings(run, task, start, tip);
    if (violations.length > 0)
      notes.push(`outside its scope: ${violationText(violations.slice(0, 10)).replaceAll('\n', '; ')}`);
  }
  const commits = await countCommits(run.repo, start, tip);
  await recordDone(run, { task: task.id, tip, commits, notes });
  // Only after the result is recorded, so that a supervisor that settles the attempt after a crash finds the marker
  // too.
  failpoint('marker.remove.before');
  if (hasMarker(task.worktree)) await rm(join(task.worktree, COMPLETION_MARKER), { force: true });
  failpoint('marker.remove.after');
}

async function changesAttributes(run: Run, from: string, tip: string): Promise<boolean> {
  const changes = await changedPaths(run.repo, from, tip);
  return changes.some(({ path }) => path === '.gitattributes' || path.endsWith('/.gitattributes'));
}
