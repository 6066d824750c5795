import { textSchema } from '../base/text.js';
import * as z from 'zod';
import { heldSchema } from '../held/finding.js';
import { plannedTaskSchema } from '../plan/plan.js';
import { pullSeenSchema } from './pull.js';
import { mergeStrategySchema } from '../settings/settings.js';
import { failureReasonSchema, nextAttemptSchema } from './task-state.js';

/** How an agent's process ended. `timedOut`: the shim stopped it at the time limit. */
export const attemptExitSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exited'), code: z.number().int() }),
  z.strictObject({ kind: z.literal('signalled'), signal: z.string() }),
  z.strictObject({ kind: z.literal('timed_out') }),
  /** The agent's program could not be started. */
  z.strictObject({ kind: z.literal('not_started'), message: z.string() }),
  /** The agent is gone and nobody saw how: never success. */
  z.strictObject({ kind: z.literal('unknown') }),
]);
export type AttemptExit = z.infer<typeof attemptExitSchema>;

const task = z.string();
const commit = z.string();
const undo = { branch: z.string(), task: z.string().nullable(), landing: commit, from: commit, to: commit };

/** Everything the journal can say. State is what these events add up to; see `replay.ts`. */
export const runEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('run_created'), runId: z.string() }),
  /** `replaced`: another run whose owner did not answer and was ended for this one; what it has running is stopped next. */
  z.strictObject({
    type: z.literal('owner_changed'),
    pid: z.number(),
    generation: z.number(),
    replaced: z.string().optional(),
  }),
  /** Nothing of this other run is alive any more. */
  z.strictObject({ type: z.literal('run_stopped'), run: z.string() }),
  /** What was in the task's way is out of it: `kept` are refs with what there was, `moved` says for people what has another name. */
  z.strictObject({ type: z.literal('room_made'), task, kept: z.array(z.string()), moved: z.array(z.string()) }),
  z.strictObject({ type: z.literal('target_created'), ref: z.string(), commit }),
  /** No new agents; `until` is when it ends by itself, null for a pause that a person has to end. */
  z.strictObject({ type: z.literal('run_paused'), reason: z.string(), until: z.string().nullable() }),
  /** `reopens`: a person goes on with a run that was aborted. */
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
  /** Whoever announced it is gone, and nobody began it or ever will: the task is as it was before. */
  z.strictObject({ type: z.literal('attempt_void'), task, attempt: z.number().int() }),
  z.strictObject({
    type: z.literal('attempt_ended'),
    task,
    attempt: z.number().int(),
    exit: attemptExitSchema,
    costUsd: z.number(),
    tokens: z.number(),
    /** The session's name, of an agent that names it itself. */
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
  /** The user wants it to go on now: it waits for no time any more. */
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
  /** What a person should know although the task goes on. */
  z.strictObject({
    type: z.literal('task_noted'),
    task,
    notes: z.array(z.string()),
    /** The same as data, where they name commands. */
    texts: z.array(textSchema).optional(),
  }),
  /**
   * `held`: a person has to decide about what it would bring; without it something is in the way of it. `hint` is for a
   * terminal, `next` the same as data, where it names commands.
   */
  z.strictObject({
    type: z.literal('merge_held'),
    task,
    reason: z.string(),
    hint: z.string(),
    next: textSchema.optional(),
    held: heldSchema.optional(),
  }),
  /** The user let it land at `tip` with what was held. */
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
    /** Of which wave it was the validation. */
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
  /** `base`: the branch it asks to be merged into. */
  z.strictObject({
    type: z.literal('pull_opened'),
    task,
    number: z.number().int(),
    url: z.string(),
    base: z.string(),
  }),
  /** Recorded when it changed, and with every merge. */
  z.strictObject({ type: z.literal('pull_seen'), task, seen: pullSeenSchema }),
  /** It goes back to the agent with `note`, because of `about` (what was said about which commit), once. */
  z.strictObject({ type: z.literal('pull_returned'), task, note: z.string(), about: z.string() }),
  z.strictObject({ type: z.literal('wave_validated'), wave: z.number().int(), commit }),
  z.strictObject({ type: z.literal('wave_validation_failed'), wave: z.number().int(), message: z.string() }),
  /** The user asked to try the run again: the wave's validation counts as not yet done. */
  z.strictObject({ type: z.literal('wave_validation_reset'), wave: z.number().int() }),
  z.strictObject({ type: z.literal('landing_intended'), branch: z.string(), from: commit, to: commit }),
  /** `tasks`: everybody whose work is in `to`, also from a landing before it. */
  z.strictObject({
    type: z.literal('landed'),
    branch: z.string(),
    from: commit,
    to: commit,
    tasks: z.array(z.string()),
  }),
  /** Somebody else put all that is in `target` on the branch (squashed, rebased, cherry-picked): it is there since `commit`. */
  z.strictObject({ type: z.literal('found_landed'), branch: z.string(), target: commit, commit }),
  /**
   * The work of the landing at `landing` is about to be taken off the branch: `to` is the revert, or where it was.
   * `task` as in the landing: a task's own and the whole target may have landed at the same commit.
   */
  z.strictObject({ type: z.literal('undo_intended'), ...undo }),
  z.strictObject({ type: z.literal('landing_undone'), ...undo }),
  z.strictObject({ type: z.literal('request_done'), request: z.string() }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;

/** A line of the journal: the event, its number from 1 without gaps, and when it was written. */
export interface JournalRecord {
  readonly seq: number;
  readonly at: string;
  readonly event: RunEvent;
}
