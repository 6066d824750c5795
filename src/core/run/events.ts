import { textSchema } from '../base/text.js';
import * as z from 'zod';
import { heldSchema } from '../held/finding.js';
import { plannedTaskSchema } from '../plan/plan.js';
import { pullSeenSchema } from './pull-record.js';
import { mergeStrategySchema } from '../settings/settings.js';
import { failureReasonSchema, nextAttemptSchema } from './task-state.js';

/** How an agent's process ended. `timedOut`: the shim stopped it at the time limit. */
export const attemptExitSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exited'), code: z.number().int() }),
  z.strictObject({ kind: z.literal('signalled'), signal: z.string() }),
  z.strictObject({ kind: z.literal('timed_out') }),
  /** The agent's program could not be started. */
  z.strictObject({ kind: z.literal('not_started'), message: z.string() }),
  /** The agent is gone and its exit was not observed; never counts as success. */
  z.strictObject({ kind: z.literal('unknown') }),
]);
export type AttemptExit = z.infer<typeof attemptExitSchema>;

const task = z.string();
const commit = z.string();
const undo = { branch: z.string(), task: z.string().nullable(), landing: commit, from: commit, to: commit };

/** All events of the journal. `replay.ts` computes the state of a run from them. */
export const runEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('run_created'), runId: z.string() }),
  /**
   * `replaced`: another run whose supervisor did not answer and was killed for this run; its agents are stopped next.
   */
  z.strictObject({
    type: z.literal('owner_changed'),
    pid: z.number(),
    generation: z.number(),
    replaced: z.string().optional(),
  }),
  /** No process of this other run is running any more. */
  z.strictObject({ type: z.literal('run_stopped'), run: z.string() }),
  /**
   * The task's branch and worktree names are free: `kept` are refs that keep the old commits, `moved` lists renames.
   */
  z.strictObject({ type: z.literal('room_made'), task, kept: z.array(z.string()), moved: z.array(z.string()) }),
  z.strictObject({ type: z.literal('target_created'), ref: z.string(), commit }),
  /** No new agents start. `until` is when the pause ends automatically, null if the user has to end it. */
  z.strictObject({ type: z.literal('run_paused'), reason: z.string(), until: z.string().nullable() }),
  /** `reopens`: the user continues a run that was aborted. */
  z.strictObject({ type: z.literal('run_resumed'), reopens: z.boolean().optional() }),
  z.strictObject({ type: z.literal('run_aborting') }),
  z.strictObject({ type: z.literal('run_finished'), state: z.enum(['completed', 'failed', 'aborted']) }),

  /** The run's source has a further task; from here on the plan has it. */
  z.strictObject({ type: z.literal('task_added'), task, planned: plannedTaskSchema }),
  z.strictObject({
    type: z.literal('task_skipped'),
    task,
    /** `claimed`: another person works on it. */
    why: z.enum(['user', 'other_wave', 'claimed']),
    landed: commit.nullable(),
  }),
  z.strictObject({ type: z.literal('task_blocked'), task, by: z.array(z.string()) }),
  z.strictObject({
    type: z.literal('task_requeued'),
    task,
    why: z.enum(['unblocked', 'selected', 'retry', 'lost', 'paused', 'resumed']),
    next: nextAttemptSchema,
  }),
  z.strictObject({ type: z.literal('worktree_intended'), task, start: commit }),
  z.strictObject({ type: z.literal('worktree_created'), task, start: commit }),
  z.strictObject({ type: z.literal('worktree_removed'), task }),
  z.strictObject({ type: z.literal('branch_removed'), task, commit }),
  z.strictObject({
    type: z.literal('attempt_intended'),
    task,
    attempt: z.number().int(),
    attemptId: z.string(),
    sessionId: z.string().nullable(),
    budgetUsd: z.number().nullable(),
  }),
  z.strictObject({ type: z.literal('attempt_started'), task, attempt: z.number().int(), pid: z.number().int() }),
  /** The announced attempt never started and never will: the task returns to its previous state. */
  z.strictObject({ type: z.literal('attempt_void'), task, attempt: z.number().int() }),
  z.strictObject({
    type: z.literal('attempt_ended'),
    task,
    attempt: z.number().int(),
    exit: attemptExitSchema,
    costUsd: z.number(),
    tokens: z.number(),
    /** The session id, for agents that choose it themselves. */
    sessionId: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('task_retrying'),
    task,
    reason: failureReasonSchema,
    message: z.string(),
    notBefore: z.string(),
  }),
  /** Stopped by a rate or usage limit: not a failure, not a retry. */
  z.strictObject({ type: z.literal('task_rate_limited'), task, until: z.string() }),
  /** The user wants the task to continue now instead of waiting until `notBefore`. */
  z.strictObject({ type: z.literal('task_released'), task }),
  z.strictObject({ type: z.literal('task_failed'), task, reason: failureReasonSchema, message: z.string() }),
  z.strictObject({ type: z.literal('task_aborted'), task }),
  /** The agent's work is on its branch at `tip`; `commits` counts from the branch's start. */
  z.strictObject({
    type: z.literal('task_done'),
    task,
    tip: commit,
    commits: z.number().int(),
    notes: z.array(z.string()),
  }),
  /** Facts for the user that do not stop the task. */
  z.strictObject({
    type: z.literal('task_noted'),
    task,
    notes: z.array(z.string()),
    /** The same notes with commands as data, if they contain any. */
    texts: z.array(textSchema).optional(),
  }),
  /**
   * The merge has to wait. With `held`, the user has to decide about changes in it; without, something else prevents
   * it. `hint` is written for a terminal; `next` is the same with commands as data, if it contains any.
   */
  z.strictObject({
    type: z.literal('merge_held'),
    task,
    reason: z.string(),
    hint: z.string(),
    next: textSchema.optional(),
    held: heldSchema.optional(),
  }),
  /** The user accepted the held changes for the branch at `tip`. */
  z.strictObject({ type: z.literal('held_accepted'), task, tip: commit, keys: z.array(z.string()) }),
  z.strictObject({ type: z.literal('merge_intended'), task, ref: z.string(), from: commit, to: commit }),
  z.strictObject({ type: z.literal('task_merged'), task, landed: commit }),
  /** The user chose how branches are merged from now on. */
  z.strictObject({ type: z.literal('strategy_chosen'), strategy: mergeStrategySchema }),
  /** A check (setup and command, by digest) ran on a commit with these tasks' work. `number` names its log, from 1. */
  z.strictObject({
    type: z.literal('verify_ran'),
    number: z.number().int(),
    tasks: z.array(z.string()),
    commit,
    tree: z.string(),
    check: z.string(),
    passed: z.boolean(),
    /** The wave, if the check was a wave's validation. */
    wave: z.number().int().optional(),
  }),
  z.strictObject({
    type: z.literal('task_conflicted'),
    task,
    files: z.array(z.string()),
    targetCommit: commit,
    branchCommit: commit,
  }),
  /** The task's branch is about to be pushed; the remote has `replaces` (null: no such branch), or already `commit`. */
  z.strictObject({ type: z.literal('push_intended'), task, commit, replaces: commit.nullable() }),
  z.strictObject({ type: z.literal('branch_pushed'), task, commit }),
  /** `base`: the branch it asks to be merged into. `unproven`: the work has not been verified on that one. */
  z.strictObject({
    type: z.literal('pull_opened'),
    task,
    number: z.number().int(),
    url: z.string(),
    base: z.string(),
    unproven: z.literal(true).optional(),
  }),
  /** Recorded when it changed, and with every merge. */
  z.strictObject({ type: z.literal('pull_seen'), task, seen: pullSeenSchema }),
  /** The merger agent reviewed this commit of it. */
  z.strictObject({
    type: z.literal('pull_reviewed'),
    task,
    head: commit,
    verdict: z.enum(['merge', 'changes']),
    summary: z.string(),
    costUsd: z.number(),
  }),
  /** It goes back to the agent with `note`, because of `about` (what was said about which commit), once. */
  z.strictObject({ type: z.literal('pull_returned'), task, note: z.string(), about: z.string() }),
  z.strictObject({ type: z.literal('wave_validated'), wave: z.number().int(), commit }),
  z.strictObject({ type: z.literal('wave_validation_failed'), wave: z.number().int(), message: z.string() }),
  /** The user asked to try the run again: the wave's validation counts as not yet done. */
  z.strictObject({ type: z.literal('wave_validation_reset'), wave: z.number().int() }),
  z.strictObject({ type: z.literal('landing_intended'), branch: z.string(), from: commit, to: commit }),
  /** `tasks`: all tasks whose work is in `to`, including those of earlier landings. */
  z.strictObject({
    type: z.literal('landed'),
    branch: z.string(),
    from: commit,
    to: commit,
    tasks: z.array(z.string()),
  }),
  /** The user put the content of `target` on the branch another way (squash, rebase, cherry-pick), by `commit`. */
  z.strictObject({ type: z.literal('found_landed'), branch: z.string(), target: commit, commit }),
  /**
   * The landing at commit `landing` is about to be undone: `to` is the reverting commit, or the commit before the
   * landing. `task` as in the landing, because a task and the whole target may have landed at the same commit.
   */
  z.strictObject({ type: z.literal('undo_intended'), ...undo }),
  z.strictObject({ type: z.literal('landing_undone'), ...undo }),
  z.strictObject({ type: z.literal('request_done'), request: z.string() }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;

/** A line of the journal: the event, its number (from 1, without gaps), and the time it was written. */
export interface JournalRecord {
  readonly seq: number;
  readonly at: string;
  readonly event: RunEvent;
}
