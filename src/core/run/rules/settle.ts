import { MOST_OUTPUT_MB } from '../decide.js';
import type { AttemptExit, RunEvent } from '../events.js';
import { judgeAttempt, spokeLast, type AttemptEvidence } from '../judge-attempt.js';
import type { RunState } from '../run-state.js';
import { rateLimited } from './limit.js';
import { lost } from './lost.js';
import type { Failure } from './retry.js';

/** Why o8 ended an attempt. `aborted`: only work that was already finished counts; nothing else is recorded. */
export type StopReason = 'unguarded' | 'finished' | 'stalled' | 'timeout' | 'paused' | 'output' | 'aborted';

/** An ended attempt, before its work is checked. `exit` is the result of `endOf`. */
export interface AttemptOver extends Omit<AttemptEvidence, 'commits' | 'stopReason'> {
  readonly task: string;
  readonly stop: StopReason | null;
  /** Path of the agent's output, for the message if it wrote too much. */
  readonly output: string;
}

/** The state of the agent's branch. `uncommitted`: there are changes that o8 would commit. */
export type AttemptWork =
  | { readonly kind: 'usable'; readonly start: string; readonly commits: number; readonly uncommitted: boolean }
  | { readonly kind: 'unusable'; readonly message: string };

export type Settlement =
  /** The job that aborts the task records its state. */
  | { readonly kind: 'left_to_abort' }
  | { readonly kind: 'record'; readonly events: readonly RunEvent[] }
  /** Call `settle` again with the attempt's work. */
  | { readonly kind: 'look_at_work' }
  /** `quotes`: add the agent's last lines to the message. `rescues`: first save work that is not on its branch. */
  | { readonly kind: 'fail'; readonly failure: Failure; readonly quotes: boolean; readonly rescues: boolean }
  | { readonly kind: 'take_work'; readonly start: string };

/** If o8 stopped the agent, its end is known even if no shim was left to record it. */
export function endOf(seen: AttemptExit, stop: StopReason | null): AttemptExit {
  if (stop === 'timeout') return { kind: 'timed_out' };
  return seen.kind === 'unknown' && stop !== null ? { kind: 'signalled', signal: 'SIGTERM' } : seen;
}

/** `work`: null if it has not been checked yet. */
export function settle(state: RunState, over: AttemptOver, work: AttemptWork | null, now: Date): Settlement {
  const { task, exit, stop } = over;
  const { facts, unguarded } = over.agent;
  // An agent that had finished before it was stopped is judged as usual.
  const isDone = (exit.kind === 'exited' && exit.code === 0) || spokeLast(exit, facts, over.markerPresent);
  if (stop === 'paused' && !isDone) return { kind: 'record', events: [stoppedByPause(task)] };
  if (stop === 'aborted' && !isDone) return { kind: 'left_to_abort' };
  if (exit.kind === 'unknown') return { kind: 'record', events: [lost(state, task)] };
  if (stop === 'output') {
    const message = `its output grew beyond ${String(MOST_OUTPUT_MB)} MB and it was stopped: ${over.output}`;
    return failed(message);
  }
  if (facts.unguarded !== null) {
    return stop === 'aborted' ? { kind: 'left_to_abort' } : failed(unguarded(facts.unguarded));
  }
  if (work === null) return { kind: 'look_at_work' };
  if (work.kind === 'unusable') {
    if (stop === 'aborted') return { kind: 'left_to_abort' };
    return { ...failed(work.message), quotes: true, rescues: true };
  }
  const verdict = judgeAttempt({
    ...over,
    commits: work.commits + (work.uncommitted ? 1 : 0),
    stopReason: stop === 'stalled' || stop === 'finished' ? stop : null,
  });
  if (stop === 'aborted' && verdict.kind !== 'succeeded') return { kind: 'left_to_abort' };
  switch (verdict.kind) {
    case 'failed':
      return { kind: 'fail', failure: verdict, quotes: true, rescues: false };
    case 'rate_limited':
      return { kind: 'record', events: rateLimited(task, verdict.until, now) };
    case 'succeeded':
      return { kind: 'take_work', start: work.start };
  }
}

/** A failure that another attempt would only repeat. */
function failed(message: string): Extract<Settlement, { kind: 'fail' }> {
  return {
    kind: 'fail',
    failure: { reason: 'agent_error', message, retryable: false },
    quotes: false,
    rescues: false,
  };
}

/** Neither a failure nor a retry: the same session continues when the run does. */
function stoppedByPause(task: string): RunEvent {
  const next = { kind: 'continue' as const, note: 'The run was paused by the user. Continue where you stopped.' };
  return { type: 'task_requeued', task, why: 'paused', next };
}
