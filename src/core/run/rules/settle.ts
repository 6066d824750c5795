import { MOST_OUTPUT_MB } from '../decide.js';
import type { AttemptExit, RunEvent } from '../events.js';
import { judgeAttempt, spokeLast, type AttemptEvidence } from '../judge-attempt.js';
import type { RunState } from '../run-state.js';
import { rateLimited } from './limit.js';
import { lost } from './lost.js';
import type { Failure } from './retry.js';

/** Why o8 itself ended an attempt. `aborted`: only work that was done by then counts, nothing else is recorded. */
export type StopReason = 'unguarded' | 'finished' | 'stalled' | 'timeout' | 'paused' | 'output' | 'aborted';

/** What is known of an attempt that is over before anybody looks at its work. `exit`: as `endOf` has it. */
export interface AttemptOver extends Omit<AttemptEvidence, 'commits' | 'stopReason'> {
  readonly task: string;
  readonly stop: StopReason | null;
  /** Where the agent's output is, for the message of one that wrote too much. */
  readonly output: string;
}

/** Where the agent left its branch. `uncommitted`: changes that o8 would commit. */
export type AttemptWork =
  | { readonly kind: 'usable'; readonly start: string; readonly commits: number; readonly uncommitted: boolean }
  | { readonly kind: 'unusable'; readonly message: string };

/** What follows from an attempt's end. */
export type Settlement =
  /** Whoever aborts the task says what becomes of it. */
  | { readonly kind: 'left_to_abort' }
  | { readonly kind: 'record'; readonly events: readonly RunEvent[] }
  /** Ask again with what is known of its work. */
  | { readonly kind: 'look_at_work' }
  /** `quotes`: the message gets what the agent wrote last. `rescues`: what is not on its branch is kept first. */
  | { readonly kind: 'fail'; readonly failure: Failure; readonly quotes: boolean; readonly rescues: boolean }
  | { readonly kind: 'take_work'; readonly start: string };

/** What we stopped ourselves is no riddle, also when no shim was left to say how it ended. */
export function endOf(seen: AttemptExit, stop: StopReason | null): AttemptExit {
  if (stop === 'timeout') return { kind: 'timed_out' };
  return seen.kind === 'unknown' && stop !== null ? { kind: 'signalled', signal: 'SIGTERM' } : seen;
}

/** `work`: null where nobody has looked at it yet. */
export function settle(state: RunState, over: AttemptOver, work: AttemptWork | null, now: Date): Settlement {
  const { task, exit, stop } = over;
  const { facts, unguarded } = over.agent;
  // An agent that was done before it was stopped is judged like any other.
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

/** What another attempt would only repeat. */
function failed(message: string): Extract<Settlement, { kind: 'fail' }> {
  return {
    kind: 'fail',
    failure: { reason: 'agent_error', message, retryable: false },
    quotes: false,
    rescues: false,
  };
}

/** Neither a failure nor a retry: the same session goes on when the run does. */
function stoppedByPause(task: string): RunEvent {
  const next = { kind: 'continue' as const, note: 'The run was paused by the user. Go on where you were.' };
  return { type: 'task_requeued', task, why: 'paused', next };
}
