import type { Agent } from '../agents/base/agent.js';
import type { AgentFacts, AgentResult } from '../agents/base/agent-facts.js';
import type { CompletionReport } from '../agents/base/completion-schema.js';
import { minutesText } from '../text/duration.js';
import { dollars } from '../text/dollars.js';
import { COMPLETION_MARKER } from '../plan/completion-marker.js';
import type { AttemptExit } from './events.js';
import type { FailureReason } from './task-state.js';

/** The evidence by which an ended attempt is judged. */
export interface AttemptEvidence {
  readonly exit: AttemptExit;
  /** What the agent reported, whether its program reports a result at all, and its exit code for a usage limit. */
  readonly agent: Pick<Agent, 'givesResult' | 'unguarded'> & {
    readonly facts: AgentFacts;
    readonly rateLimitExitCode: number | null;
  };
  readonly markerPresent: boolean;
  /** Commits on the task's branch since its start; uncommitted changes count as one. */
  readonly commits: number;
  /** Why o8 stopped the agent, null if it did not. `finished`: the agent had given its result but did not exit. */
  readonly stopReason: 'finished' | 'stalled' | null;
  readonly limits: AttemptLimits;
}

/** The limits of an attempt, for messages; null means no limit. */
export interface AttemptLimits {
  readonly timeoutMinutes: number;
  readonly stallMinutes: number;
  readonly budgetUsd: number | null;
  readonly maxTurns: number | null;
}

/** `retryable`: another attempt in the same worktree may succeed. */
export type AttemptVerdict =
  | { readonly kind: 'succeeded'; readonly noChange: boolean; readonly summary: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string; readonly retryable: boolean }
  /** `until` is an ISO time, null if unknown. The same session continues afterwards. */
  | { readonly kind: 'rate_limited'; readonly until: string | null };

type Failed = Extract<AttemptVerdict, { kind: 'failed' }>;

/** Exit codes with which programs report that a signal ended them, as a shell would. */
const SIGNAL_CODES = [129, 130, 131, 137, 143];

/**
 * Whether an agent that was ended by a signal or its time limit had finished before: it gave a result without an error,
 * and the structured result or the marker file. In that case its work counts, not how its process ended.
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
 * Success requires exit code 0, a result that is not an error, the agent's report that it is done (structured result or
 * marker file), and commits on the branch or the agent's report that none were needed. Otherwise a failure with a
 * reason.
 */
export function judgeAttempt(evidence: AttemptEvidence): AttemptVerdict {
  const { exit, agent, limits } = evidence;
  const { facts } = agent;
  const spoke = spokeLast(exit, facts, evidence.markerPresent);
  if (spoke || evidence.stopReason === 'finished' || (exit.kind === 'exited' && exit.code === 0)) {
    return agent.givesResult ? judgeResult(evidence, facts) : judgeWord(evidence, null, '');
  }
  // How it ended is unknown, so its earlier output proves nothing.
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

/** A limit of the attempt itself takes precedence over other reasons. */
function endedByOwnLimit({ result }: AgentFacts): boolean {
  return result?.kind === 'failed' && result.limit !== null;
}

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

/** The limit, followed by the agent's message about it. */
function withWords(limit: string, text: string): string {
  return text === '' ? limit : `${limit}: ${text}`;
}

function failed(reason: FailureReason, message: string, retryable: boolean): Failed {
  return { kind: 'failed', reason, message, retryable };
}
