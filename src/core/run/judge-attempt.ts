import type { Agent } from '../agents/base/agent.js';
import type { AgentFacts, AgentResult } from '../agents/base/agent-facts.js';
import type { CompletionReport } from '../agents/base/completion-schema.js';
import { minutesText } from '../text/duration.js';
import { dollars } from '../text/dollars.js';
import { COMPLETION_MARKER } from '../plan/completion-marker.js';
import type { AttemptExit } from './events.js';
import type { FailureReason } from './task-state.js';

/** Everything that counts as evidence when an attempt is over. */
export interface AttemptEvidence {
  readonly exit: AttemptExit;
  /** What the program said, whether it says a result when it ends, and with which exit code that a limit stopped it. */
  readonly agent: Pick<Agent, 'givesResult' | 'unguarded'> & {
    readonly facts: AgentFacts;
    readonly rateLimitExitCode: number | null;
  };
  readonly markerPresent: boolean;
  /** Commits on the task's branch since its start; changes not yet committed count as one. */
  readonly commits: number;
  /** Why o8 stopped the agent, null when it did not. `finished`: it had given its result and did not end. */
  readonly stopReason: 'finished' | 'stalled' | null;
  readonly limits: AttemptLimits;
}

/** What an attempt was allowed, for the message that names the limit it hit; null: no limit. */
export interface AttemptLimits {
  readonly timeoutMinutes: number;
  readonly stallMinutes: number;
  readonly budgetUsd: number | null;
  readonly maxTurns: number | null;
}

/** `retryable`: another attempt in the same worktree may well succeed where this one did not. */
export type AttemptVerdict =
  | { readonly kind: 'succeeded'; readonly noChange: boolean; readonly summary: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string; readonly retryable: boolean }
  /** `until` is ISO time, null when nobody said. The same session goes on afterwards. */
  | { readonly kind: 'rate_limited'; readonly until: string | null };

type Failed = Extract<AttemptVerdict, { kind: 'failed' }>;

/** Exit codes of programs that a signal ends and that say so themselves, as a shell would. */
const SIGNAL_CODES = [129, 130, 131, 137, 143];

/**
 * Whether an agent that was ended by a signal or its time had given its last word before: a result without an error, and
 * with it the structured result or the marker file. What the agent did counts then, not what ended its process.
 */
export function spokeLast(
  exit: AttemptExit,
  facts: Pick<AgentFacts, 'finished' | 'result'>,
  markerPresent: boolean,
): boolean {
  const stopped =
    exit.kind === 'signalled' ||
    exit.kind === 'timed_out' ||
    (exit.kind === 'exited' && SIGNAL_CODES.includes(exit.code));
  const { finished, result } = facts;
  return stopped && finished && result?.kind === 'done' && (result.report !== null || markerPresent);
}

/**
 * Success is exit code 0 and a result that is not an error and the agent's own word (structured result or marker file)
 * and work on the branch, or the agent's word that none was needed. Anything less is a failure with its reason.
 */
export function judgeAttempt(evidence: AttemptEvidence): AttemptVerdict {
  const { exit, agent, limits } = evidence;
  const { facts } = agent;
  const spoke = spokeLast(exit, facts, evidence.markerPresent);
  if (spoke || evidence.stopReason === 'finished' || (exit.kind === 'exited' && exit.code === 0)) {
    return agent.givesResult ? judgeResult(evidence, facts) : judgeWord(evidence, null, '');
  }
  // Nobody saw how it ended, so what it said before proves nothing.
  if (exit.kind === 'unknown')
    return failed('lost', 'the agent process ended while no supervisor was running; how it ended is unknown', true);
  if (exit.kind === 'not_started')
    return failed('agent_error', `the agent could not be started: ${exit.message}`, false);
  if (facts.limit !== null && !endedByOwnLimit(facts)) return { kind: 'rate_limited', until: facts.limit.until };
  if (exit.kind === 'exited' && exit.code === agent.rateLimitExitCode) {
    return { kind: 'rate_limited', until: null };
  }
  if (evidence.stopReason === 'stalled')
    return failed('stalled', `no output for ${minutesText(limits.stallMinutes)}; the agent was stopped`, true);
  if (exit.kind === 'timed_out')
    return failed('timeout', `timed out after ${minutesText(limits.timeoutMinutes)} and was stopped`, true);
  if (facts.result?.kind === 'failed') return resultFailure(facts.result, limits);
  if (exit.kind === 'signalled') return failed(`signal_${exit.signal}`, `the agent was killed by ${exit.signal}`, true);
  return failed(`exit_${exit.code}`, `the agent exited with code ${String(exit.code)}`, true);
}

function judgeResult(evidence: AttemptEvidence, facts: AgentFacts): AttemptVerdict {
  const { result } = facts;
  if (result === null) {
    // An interrupted agent may exit with code 0, too.
    return failed('agent_error', 'the agent exited with code 0 but gave no result', true);
  }
  if (result.kind === 'done') return judgeWord(evidence, result.report, result.text);
  return facts.limit === null || endedByOwnLimit(facts)
    ? resultFailure(result, evidence.limits)
    : { kind: 'rate_limited', until: facts.limit.until };
}

function judgeWord(evidence: AttemptEvidence, report: CompletionReport | null, text: string): AttemptVerdict {
  const summary = report?.summary ?? text;
  if (report?.status === 'incomplete') {
    return failed('no_completion_marker', `the agent says it did not finish: ${summary}`, true);
  }
  if (report === null && !evidence.markerPresent) {
    return failed(
      'no_completion_marker',
      `the agent ended without reporting that it is done (no ${COMPLETION_MARKER})`,
      true,
    );
  }
  if (evidence.commits > 0) return { kind: 'succeeded', noChange: false, summary };
  return report?.status === 'no_change_needed'
    ? { kind: 'succeeded', noChange: true, summary }
    : failed('no_commits', 'the agent says it is done, but its branch has no commits', false);
}

type FailedResult = Extract<AgentResult, { kind: 'failed' }>;

/** A limit of the attempt itself ends it whatever else was reached on the way. */
function endedByOwnLimit({ result }: AgentFacts): boolean {
  return result?.kind === 'failed' && result.limit !== null;
}

/** An error the agent reported itself. */
function resultFailure({ text, limit, retryable }: FailedResult, limits: AttemptLimits): Failed {
  switch (limit) {
    case 'budget':
      return failed('budget_exceeded', withWords(budgetSpent(limits.budgetUsd), text), false);
    case 'turns':
      return failed(
        'agent_error',
        withWords(
          limits.maxTurns === null ? 'limit of turns reached' : `limit of ${String(limits.maxTurns)} turns reached`,
          text,
        ),
        true,
      );
    case 'form':
      return failed('no_completion_marker', text || 'the agent did not give its result in the requested format', true);
    case null:
      return failed('agent_error', text, retryable);
  }
}

function budgetSpent(usd: number | null): string {
  return usd === null ? 'budget spent' : `budget of ${dollars(usd)} spent`;
}

/** The limit first, then what the agent said about it. */
function withWords(limit: string, text: string): string {
  return text === '' ? limit : `${limit}: ${text}`;
}

function failed(reason: FailureReason, message: string, retryable: boolean): Failed {
  return { kind: 'failed', reason, message, retryable };
}
