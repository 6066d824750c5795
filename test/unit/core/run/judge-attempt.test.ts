import { describe, expect, it } from 'vitest';
import { NO_FACTS, type AgentFacts } from '../../../../src/core/agents/base/agent-facts.js';
import { CLAUDE_AGENT } from '../../../../src/core/agents/claude/claude-agent.js';
import { COMMAND_AGENT } from '../../../../src/core/agents/command/command-agent.js';
import { resultOf } from '../../../../src/core/agents/claude/claude-stream.js';
import {
  COMPLETION_JSON_SCHEMA,
  completionReportSchema,
  type CompletionReport,
} from '../../../../src/core/agents/base/completion-schema.js';
import { judgeAttempt, type AttemptEvidence } from '../../../../src/core/run/judge-attempt.js';
import type { AttemptExit } from '../../../../src/core/run/events.js';

const exited = (code: number): AttemptExit => ({ kind: 'exited', code });
/** A result as Claude Code gives it. */
const done = {
  subtype: 'success',
  isError: false,
  apiErrorStatus: null as number | null,
  text: 'text',
  report: { status: 'complete', summary: 'All done.' } as CompletionReport | null,
};
type Given = typeof done;
const claude = ({ result = done, ...facts }: Partial<Omit<AgentFacts, 'result'>> & { result?: Given | null } = {}) => ({
  ...CLAUDE_AGENT,
  facts: {
    ...NO_FACTS,
    result:
      result === null
        ? null
        : resultOf(
            {
              subtype: result.subtype,
              is_error: result.isError,
              api_error_status: result.apiErrorStatus,
              structured_output: result.report,
            },
            result.text,
          ),
    ...facts,
  },
  rateLimitExitCode: null,
});
const command: AttemptEvidence['agent'] = { ...COMMAND_AGENT, facts: NO_FACTS, rateLimitExitCode: null };

function judge(evidence: Partial<AttemptEvidence>) {
  return judgeAttempt({
    exit: exited(0),
    agent: claude(),
    markerPresent: false,
    commits: 1,
    stopReason: null,
    limits: { timeoutMinutes: 120, stallMinutes: 15, budgetUsd: 2, maxTurns: 50 },
    ...evidence,
  });
}
const failure = (reason: string, retryable: boolean): unknown =>
  expect.objectContaining({ kind: 'failed', reason, retryable });
const withError = (error: Partial<Given>) => claude({ result: { ...done, isError: true, report: null, ...error } });

describe('the message of a failure', () => {
  it.each<[string, Partial<AttemptEvidence>, string]>([
    ['of time', { exit: { kind: 'timed_out' } }, 'timed out after 120 min and was stopped'],
    ['of silence', { exit: exited(143), stopReason: 'stalled' }, 'no output for 15 min; the agent was stopped'],
    ['of money', { agent: withError({ subtype: 'error_max_budget_usd', text: '' }) }, 'budget of $2.00 spent'],
    [
      'of turns',
      { agent: withError({ subtype: 'error_max_turns', text: 'Too long' }) },
      'limit of 50 turns reached: Too long',
    ],
  ])('names the limit %s that was hit', (_, evidence, message) => {
    expect(judge(evidence)).toMatchObject({ kind: 'failed', message });
  });
});

describe('judgeAttempt', () => {
  it('takes exit code 0, a good result, the agent’s word and commits together for success', () => {
    expect(judge({})).toEqual({ kind: 'succeeded', noChange: false, summary: 'All done.' });
    expect(judge({ agent: claude({ result: { ...done, report: null } }), markerPresent: true })).toEqual({
      kind: 'succeeded',
      noChange: false,
      summary: 'text',
    });
  });

  it('takes no commits for success only when the agent says that no change was needed', () => {
    const report = { status: 'no_change_needed' as const, summary: 'It is there.' };
    expect(judge({ commits: 0, agent: claude({ result: { ...done, report } }) })).toEqual({
      kind: 'succeeded',
      noChange: true,
      summary: 'It is there.',
    });
    expect(judge({ commits: 0 })).toEqual(failure('no_commits', false));
    expect(judge({ commits: 2, agent: claude({ result: { ...done, report } }) })).toMatchObject({ noChange: false });
  });

  it('requires the agent’s report', () => {
    expect(judge({ agent: claude({ result: { ...done, report: null } }) })).toEqual(
      failure('no_completion_marker', true),
    );
  });

  it('believes "incomplete", whatever the marker file says', () => {
    const report = { status: 'incomplete' as const, summary: 'The API is missing.' };
    const verdict = judge({ markerPresent: true, agent: claude({ result: { ...done, report } }) });
    expect(verdict).toEqual(failure('no_completion_marker', true));
    expect(verdict).toMatchObject({ message: 'the agent says it did not finish: The API is missing.' });
  });

  it('takes exit code 0 without a result for an interrupted agent, though the marker file is there', () => {
    expect(judge({ agent: claude({ result: null }), markerPresent: true })).toEqual(failure('agent_error', true));
  });

  describe('of a Claude whose process did not end by itself', () => {
    const signalled: AttemptExit = { kind: 'signalled', signal: 'SIGTERM' };
    const last = { finished: true };
    const good = { kind: 'succeeded', noChange: false };

    it.each([signalled, exited(143), exited(137), { kind: 'timed_out' as const }])('counts its result: %o', (exit) => {
      expect(judge({ exit, agent: claude(last) })).toMatchObject(good);
      const wordless = { ...done, report: null };
      expect(judge({ exit, agent: claude({ ...last, result: wordless }), markerPresent: true })).toMatchObject(good);
      expect(judge({ exit, agent: claude({ ...last, result: wordless }) })).toMatchObject({ kind: 'failed' });
      expect(judge({ exit, agent: claude({ finished: false }) })).toMatchObject({ kind: 'failed' });
      expect(judge({ exit, commits: 0, agent: claude(last) })).toEqual(failure('no_commits', false));
      const report = { status: 'incomplete' as const, summary: 'x' };
      expect(judge({ exit, agent: claude({ ...last, result: { ...done, report } }) })).toEqual(
        failure('no_completion_marker', true),
      );
    });

    it('counts its result when o8 stopped it after the result, and its errors as usual', () => {
      expect(judge({ exit: signalled, stopReason: 'finished', agent: claude(last) })).toMatchObject(good);
      const error = (result: Partial<Given>) =>
        judge({ exit: signalled, stopReason: 'finished', agent: withError(result) });
      expect(error({ subtype: 'error_max_budget_usd' })).toEqual(failure('budget_exceeded', false));
      expect(error({ text: 'boom' })).toMatchObject({ reason: 'agent_error', message: 'boom' });
    });

    it('is a failure with an exit code of its own, and for another program', () => {
      expect(judge({ exit: exited(1), agent: claude(last) })).toEqual(failure('exit_1', true));
      expect(judge({ exit: signalled, agent: command, markerPresent: true })).toEqual(failure('signal_SIGTERM', true));
    });
  });

  it('reports the attempt’s own limits, also after a usage limit', () => {
    const limit = { until: '2026-11-21T13:00:00.000Z', message: 'usage limit reached' };
    const ended = (subtype: string) =>
      judge({ exit: exited(1), agent: claude({ limit, result: { ...done, isError: true, report: null, subtype } }) });
    expect(ended('error_max_budget_usd')).toEqual(failure('budget_exceeded', false));
    expect(ended('error_max_turns')).toEqual(failure('agent_error', true));
    expect(ended('error_max_structured_output_retries')).toEqual(failure('no_completion_marker', true));
    expect(ended('success')).toMatchObject({ kind: 'rate_limited' });
  });

  it('takes an error result for a failure, also with exit code 0', () => {
    expect(judge({ agent: withError({ text: 'boom' }) })).toMatchObject({ reason: 'agent_error', message: 'boom' });
  });

  it.each([
    [{ subtype: 'error_max_budget_usd' }, 'budget_exceeded', false],
    [{ subtype: 'error_max_turns' }, 'agent_error', true],
    [{ subtype: 'error_during_execution' }, 'agent_error', true],
    [{ apiErrorStatus: 401 }, 'agent_error', false],
    [{ apiErrorStatus: 400 }, 'agent_error', false],
    [{ apiErrorStatus: 500 }, 'agent_error', true],
  ])('tells errors that pass from errors that stay: %j', (error, reason, retryable) => {
    expect(judge({ exit: exited(1), agent: withError(error) })).toEqual(failure(reason, retryable));
  });

  it.each<[AttemptExit, string, boolean]>([
    [exited(1), 'exit_1', true],
    [exited(143), 'exit_143', true],
    [{ kind: 'signalled', signal: 'SIGKILL' }, 'signal_SIGKILL', true],
    [{ kind: 'timed_out' }, 'timeout', true],
    [{ kind: 'unknown' }, 'lost', true],
    [{ kind: 'not_started', message: 'ENOENT' }, 'agent_error', false],
  ])('never takes %j for success, whatever else is there', (exit, reason, retryable) => {
    for (const agent of [claude(), command]) {
      expect(judge({ exit, agent, markerPresent: true })).toEqual(failure(reason, retryable));
    }
  });

  it('calls an agent stalled, unless it ended successfully just before it was stopped', () => {
    expect(judge({ exit: { kind: 'signalled', signal: 'SIGTERM' }, stopReason: 'stalled' })).toEqual(
      failure('stalled', true),
    );
    expect(judge({ exit: exited(143), stopReason: 'stalled' })).toEqual(failure('stalled', true));
    expect(judge({ stopReason: 'stalled' })).toMatchObject({ kind: 'succeeded' });
  });

  it('takes a limit for a pause, however the process ended', () => {
    const limit = { until: '2026-11-21T09:00:00.000Z', message: 'usage limit reached' };
    const paused = { kind: 'rate_limited', until: limit.until };
    for (const exit of [exited(1), { kind: 'timed_out' }, { kind: 'signalled', signal: 'SIGTERM' }] as const) {
      expect(judge({ exit, agent: claude({ limit, result: null }) })).toEqual(paused);
    }
    expect(judge({ agent: claude({ limit, result: { ...done, isError: true } }) })).toEqual(paused);
    expect(judge({ exit: exited(1), agent: claude({ limit: { ...limit, until: null } }) })).toEqual({
      kind: 'rate_limited',
      until: null,
    });
  });

  it('asks any other program for exit code 0, the marker file and commits', () => {
    expect(judge({ agent: command, markerPresent: true })).toEqual({ kind: 'succeeded', noChange: false, summary: '' });
    expect(judge({ agent: command })).toEqual(failure('no_completion_marker', true));
    expect(judge({ agent: command, markerPresent: true, commits: 0 })).toEqual(failure('no_commits', false));
    expect(judge({ agent: command, markerPresent: true, exit: exited(2) })).toEqual(failure('exit_2', true));
  });
});

describe('COMPLETION_JSON_SCHEMA', () => {
  it('asks for what is read back', () => {
    const schema: unknown = JSON.parse(COMPLETION_JSON_SCHEMA);
    expect(schema).toMatchObject({
      required: Object.keys(completionReportSchema.shape),
      properties: { status: { enum: completionReportSchema.shape.status.options } },
      additionalProperties: false,
    });
  });
});
