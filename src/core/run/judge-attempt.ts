import type { ClaudeFacts, ClaudeResult } from '../agents/claude/claude-stream.js';
import { minutesText } from '../text/duration.js';
import { dollars } from '../text/dollars.js';
import { COMPLETION_MARKER } from '../plan/completion-marker.js';
import type { AttemptExit } from './events.js';
import type { FailureReason } from './task-state.js';

/** Everything that counts as evidence when an attempt is over. */
export interface AttemptEvidence {
  readonly exit: AttemptExit;
  /** `claude` with what its stream said; any other program has only its exit code and the marker file. */
  readonly agent:
    | { readonly kind: 'claude'; readonly facts: ClaudeFacts }
    | { readonly kind: 'command'; readonly rateLimitExitCode: number | null };
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

/** Exit codes of Claude Code when a signal ends it: it says so itself, as a shell would. */
const SIGNAL_CODES = [129, 130, 131, 137, 143];

/**
 * Whether a Claude that was ended by a signal or its time had given its last word before: a result without an error, and
 * with it the structured result or the marker file. What the agent did counts then, not what ended its process.
 */
export function spokeLast(
  exit: AttemptExit,
  facts: Pick<ClaudeFacts, 'finished' | 'result'>,
  markerPresent: boolean,
): boolean {
  const stopped =
    exit.kind === 'signalled' ||
    exit.kind === 'timed_out' ||
    (exit.kind === 'exited' && SIGNAL_CODES.includes(exit.code));
  const { finished, result } = facts;
  return stopped && finished && result?.isError === false && (result.report !== null || markerPresent);
}

/**
 * Success is exit code 0 and a result that is not an error and the agent's own word (structured result or marker file)
 * and work on the branch, or the agent's word that none was needed. Anything less is a failure with its reason.
 */
export function judgeAttempt(evidence: AttemptEvidence): AttemptVerdict {
  const { exit, agent, limits } = evidence;
  const spoke = agent.kind === 'claude' && spokeLast(exit, agent.facts, evidence.markerPresent);
  if (spoke || evidence.stopReason === 'finished' || (exit.kind === 'exited' && exit.code === 0)) {
    return agent.kind === 'claude' ? judgeClaude(evidence, agent.facts) : judgeWord(evidence, null, '');
  }
  // Nobody saw how it ended, so what it said before proves nothing.
  if (exit.kind === 'unknown') return failed('lost', 'the agent is gone and nobody saw how it ended', true);
  if (exit.kind === 'not_started')
    return failed('agent_error', `the agent could not be started: ${exit.message}`, false);
  if (agent.kind === 'claude' && agent.facts.limit !== null && !endedByOwnLimit(agent.facts)) {
    return { kind: 'rate_limited', until: agent.facts.limit.until };
  }
  if (agent.kind === 'command' && exit.kind === 'exited' && exit.code === agent.rateLimitExitCode) {
    return { kind: 'rate_limited', until: null };
  }
  if (evidence.stopReason === 'stalled')
    return failed('stalled', `no output for ${minutesText(limits.stallMinutes)}; the agent was stopped`, true);
  if (exit.kind === 'timed_out')
    return failed('timeout', `timed out after ${minutesText(limits.timeoutMinutes)} and was stopped`, true);
  if (agent.kind === 'claude' && agent.facts.result?.isError === true) return resultFailure(agent.facts.result, limits);
  if (exit.kind === 'signalled') return failed(`signal_${exit.signal}`, `the agent was ended by ${exit.signal}`, true);
  return failed(`exit_${exit.code}`, `the agent exited with code ${String(exit.code)}`, true);
}

function judgeClaude(evidence: AttemptEvidence, facts: ClaudeFacts): AttemptVerdict {
  const { result } = facts;
  if (result === null) {
    // An interrupted Claude exits with code 0 too.
    return failed('agent_error', 'the agent exited with code 0 but gave no result', true);
  }
  if (!result.isError) return judgeWord(evidence, result.report, result.text);
  return facts.limit === null || endedByOwnLimit(facts)
    ? resultFailure(result, evidence.limits)
    : { kind: 'rate_limited', until: facts.limit.until };
}

function judgeWord(evidence: AttemptEvidence, report: ClaudeResult['report'], text: string): AttemptVerdict {
  const summary = report?.summary ?? text;
  if (report?.status === 'incomplete') {
    return failed('no_completion_marker', `the agent says it did not finish: ${summary}`, true);
  }
  if (report === null && !evidence.markerPresent) {
    return failed(
      'no_completion_marker',
      `the agent ended without saying that it is done (no ${COMPLETION_MARKER})`,
      true,
    );
  }
  if (evidence.commits > 0) return { kind: 'succeeded', noChange: false, summary };
  return report?.status === 'no_change_needed'
    ? { kind: 'succeeded', noChange: true, summary }
    : failed('no_commits', 'the agent says it is done, but its branch has no commits', false);
}

/** Why the work of an agent does not count that used this tool without the guard. */
export function unguardedMessage(tool: string): string {
  return (
    `Claude Code ran ${tool} without o8's guard against writes outside the worktree, so the agent was stopped: ` +
    `its hooks did not run (is CLAUDE_CODE_SIMPLE or disableAllHooks set, or is \`claude\` a script that adds --bare?)`
  );
}

/** Limits of the attempt itself, which end it whatever else was reached on the way. */
const OWN_LIMITS = ['error_max_budget_usd', 'error_max_turns', 'error_max_structured_output_retries'];

function endedByOwnLimit({ result }: ClaudeFacts): boolean {
  return result !== null && OWN_LIMITS.includes(result.subtype);
}

/** An error the agent reported itself. */
function resultFailure(result: ClaudeResult, limits: AttemptLimits): Failed {
  const { subtype, apiErrorStatus: status, text } = result;
  switch (subtype) {
    case 'error_max_budget_usd':
      return failed('budget_exceeded', withWords(budgetSpent(limits.budgetUsd), text), false);
    case 'error_max_turns':
      return failed(
        'agent_error',
        withWords(
          limits.maxTurns === null ? 'limit of turns reached' : `limit of ${String(limits.maxTurns)} turns reached`,
          text,
        ),
        true,
      );
    case 'error_max_structured_output_retries':
      return failed(
        'no_completion_marker',
        text || 'the agent did not give its result in the form that is asked for',
        true,
      );
    default:
      // A request that is refused (bad key, no credit, unknown model) is refused again; a server's fault passes.
      return failed(
        'agent_error',
        text || `the agent ended with ${subtype}`,
        status === null || status >= 500 || status === 408,
      );
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
