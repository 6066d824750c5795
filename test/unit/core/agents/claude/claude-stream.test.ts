import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentFacts } from '../../../../../src/core/agents/base/agent-facts.js';
import {
  EMPTY_CLAUDE_STREAM,
  foldClaudeLine,
  type ClaudeStream,
} from '../../../../../src/core/agents/claude/claude-stream.js';

const NOW = new Date('2026-11-21T08:00:00Z');
const time = { now: NOW, timeZone: 'UTC' };

function fold(...events: readonly unknown[]): AgentFacts {
  const lines = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  return lines.reduce<ClaudeStream>((stream, line) => foldClaudeLine(stream, line, time), EMPTY_CLAUDE_STREAM).facts;
}

const usage = (input: number, output: number) => ({
  input_tokens: input,
  output_tokens: output,
  cache_read_input_tokens: 5,
});
const text = (words: string) => ({ type: 'text', text: words });
const call = (id: string, name: string, input: object) => ({ type: 'tool_use', id, name, input });
const message = (id: string, content: readonly object[], more: object = {}) => ({
  type: 'assistant',
  message: { id, content, usage: usage(10, 1) },
  parent_tool_use_id: null,
  ...more,
});
const toolResult = (id: string) => ({
  type: 'user',
  message: { content: [{ type: 'tool_result', tool_use_id: id, content: 'x' }] },
});
const result = (more: object = {}) => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  api_error_status: null,
  result: 'done',
  total_cost_usd: 0.25,
  usage: usage(100, 20),
  modelUsage: { opus: { inputTokens: 100, outputTokens: 20, cacheReadInputTokens: 5, cacheCreationInputTokens: 7 } },
  permission_denials: [],
  ...more,
});
const init = { type: 'system', subtype: 'init', session_id: 's-1' };
const apiError = (error: string, words: string) => message('synthetic', [text(words)], { error });

describe('foldClaudeLine', () => {
  it('learns the session from init only: an error result names one that was never opened', () => {
    expect(fold(init).sessionId).toBe('s-1');
    const missing = { ...result({ subtype: 'error_during_execution', is_error: true }), session_id: 's-2' };
    expect(fold(missing).sessionId).toBeNull();
  });

  it('tells what the agent did last, on one short line', () => {
    expect(fold(message('m1', [text('I look around.\nThen more.')])).activity).toBe('I look around.');
    expect(fold(message('m1', [text('first'), call('t1', 'Edit', { file_path: 'src/a.ts' })])).activity).toBe(
      'Edit src/a.ts',
    );
    expect(fold(message('m1', [call('t1', 'Bash', { command: 'npm test\nrm x' })])).activity).toBe('Bash npm test');
    expect(fold(message('m1', [call('t1', 'TodoWrite', {})])).activity).toBe('TodoWrite');
    expect(fold(message('m1', [text('a'), call('t1', 'StructuredOutput', {})])).activity).toBe('a');
    expect(fold(message('m1', [text('😀'.repeat(300))])).activity).toMatch(/^(?:😀)+…$/u);
  });

  it('counts each message once, though it comes in several lines', () => {
    const first = message('m1', [text('a')]);
    expect(fold(first, first, message('m2', [text('b')])).tokens).toBe(32);
  });

  it('counts subagents apart, whose messages come in between', () => {
    const sub = message('s1', [text('x')], { parent_tool_use_id: 'toolu_1' });
    expect(fold(message('m1', []), sub, message('m1', []), sub).tokens).toBe(32);
  });

  it('takes cost and tokens of the whole process from the result, and the last of two results', () => {
    expect(fold(message('m1', []), result())).toMatchObject({ tokens: 132, costUsd: 0.25, result: { text: 'done' } });
    const two = fold(
      result(),
      result({ result: 'later', total_cost_usd: 0.5, structured_output: { status: 'complete', summary: 's' } }),
    );
    expect(two).toMatchObject({
      costUsd: 0.5,
      result: { text: 'later', report: { status: 'complete', summary: 's' } },
    });
  });

  it('takes a structured result that is not of our shape for none', () => {
    expect(fold(result({ structured_output: { status: 'great' } })).result).toMatchObject({ report: null });
    expect(fold(result({ structured_output: 'complete' })).result).toMatchObject({ report: null });
  });

  it('keeps the errors of a result without text', () => {
    const facts = fold(
      result({ subtype: 'error_max_turns', is_error: true, result: undefined, errors: ['Reached 2 turns', 'x'] }),
    );
    expect(facts.result).toMatchObject({ kind: 'failed', limit: 'turns', text: 'Reached 2 turns; x' });
  });

  describe('limits', () => {
    const rejected = {
      type: 'rate_limit_event',
      rate_limit_info: { status: 'rejected', resetsAt: NOW.getTime() / 1000 + 3600 },
    };
    const inOneHour = '2026-11-21T09:00:00.000Z';

    it('come with their end from a rejected rate_limit_event, and a later sign keeps it', () => {
      expect(fold(rejected).limit?.until).toBe(inOneHour);
      const facts = fold(
        rejected,
        apiError('rate_limit', 'API Error (429)'),
        result({ is_error: true, api_error_status: 429 }),
      );
      expect(facts.limit?.until).toBe(inOneHour);
    });

    it('are read from the words where no field tells', () => {
      expect(fold(apiError('rate_limit', "You've hit your session limit · resets 9am (UTC)")).limit?.until).toBe(
        inOneHour,
      );
      expect(fold(result({ is_error: true, result: 'Claude AI usage limit reached|1795251600' })).limit?.until).toBe(
        inOneHour,
      );
    });

    it.each([429, 529])('are what status %i means, also while the agent still retries', (status) => {
      expect(fold({ type: 'system', subtype: 'api_retry', error_status: status }).limit).toMatchObject({ until: null });
      expect(fold(result({ is_error: true, api_error_status: status })).limit).toMatchObject({ until: null });
    });

    it('are over when the model answers again', () => {
      expect(fold(rejected, message('m1', [text('on')])).limit).toBeNull();
    });

    describe('that are paid as overage', () => {
      const info = { status: 'rejected', resetsAt: 1, rateLimitType: 'five_hour', overageStatus: 'allowed' };
      const paid = (more: object) => ({ type: 'rate_limit_event', rate_limit_info: { ...info, ...more } });

      it.each([{ isUsingOverage: true, overageInUse: true }, { isUsingOverage: true }, { overageInUse: true }])(
        'are none: %o',
        (flags) => {
          expect(fold(paid(flags))).toMatchObject({ limit: null, overage: true });
          expect(fold(rejected, paid(flags)).limit).toBeNull();
        },
      );

      it('are limits while overage is only allowed, or when it ends', () => {
        expect(fold(paid({}))).toMatchObject({ limit: { until: null }, overage: false });
        expect(fold(paid({ isUsingOverage: true }), rejected).limit?.until).toBe(inOneHour);
        expect(fold(paid({ isUsingOverage: true }), apiError('rate_limit', 'resets 9am (UTC)')).limit?.until).toBe(
          inOneHour,
        );
      });
    });

    it('are typed by newer versions, with their end', () => {
      const typed = (rate_limit_info: object) =>
        message('synthetic', [text('You are out of luck.')], {
          error: 'rate_limit',
          api_error: 'usage_limit_reached',
          api_error_params: { rate_limit_info },
        });
      expect(fold(typed(rejected.rate_limit_info)).limit?.until).toBe(inOneHour);
      expect(fold(typed({ status: 'rejected' })).limit).toMatchObject({ until: null });
      expect(fold(rejected, typed({ status: 'rejected', resetsAt: 'soon' })).limit?.until).toBe(inOneHour);
      const last = result({ is_error: true, result: 'Out of luck.', api_error: 'usage_limit_reached' });
      expect(fold(typed(rejected.rate_limit_info), last).limit?.until).toBe(inOneHour);
      expect(fold(last).limit).not.toBeNull();
    });

    it('are not warnings, other errors, or words of the agent about limits', () => {
      const warning = { type: 'rate_limit_event', rate_limit_info: { status: 'allowed_warning', resetsAt: 1 } };
      expect(fold(warning).limit).toBeNull();
      expect(
        fold(apiError('billing_error', 'Credit balance is too low'), result({ is_error: true, api_error_status: 400 }))
          .limit,
      ).toBeNull();
      expect(
        fold(message('m1', [text("You've hit your usage limit")]), result({ result: 'usage limit reached|1795251600' }))
          .limit,
      ).toBeNull();
      expect(fold({ type: 'system', subtype: 'api_retry', error_status: 500 }).limit).toBeNull();
    });
  });

  describe('the end', () => {
    it('is the last result, and none while turns follow it', () => {
      expect(fold(init, message('m1', [text('on')])).finished).toBe(false);
      expect(fold(init, result()).finished).toBe(true);
      expect(fold(result(), message('m2', [text('more')], { parent_tool_use_id: 't1' })).finished).toBe(false);
      expect(fold(result(), toolResult('t1')).finished).toBe(false);
      expect(fold(result(), init).finished).toBe(false);
      expect(fold(result(), init, message('m2', [text('more')]), result({ is_error: true }))).toMatchObject({
        finished: true,
        result: { kind: 'failed' },
      });
    });

    it('is not taken back by what is no turn: limits that move, lines that are no events', () => {
      const moved = { type: 'rate_limit_event', rate_limit_info: { status: 'allowed', resetsAt: 1 } };
      expect(fold(result(), moved, 'a child prints', { type: 'system', subtype: 'hook_response' }).finished).toBe(true);
    });
  });

  describe('denials', () => {
    const denied = (id: string, tool: string, input: object) => ({
      tool_use_id: id,
      tool_name: tool,
      tool_input: input,
    });

    it('come from the result with the entry that would grant them', () => {
      const facts = fold(
        result({
          permission_denials: [
            denied('t1', 'Bash', { command: 'npm test' }),
            denied('t2', 'Write', { file_path: '/etc/x' }),
          ],
        }),
      );
      expect(facts.denials).toEqual([
        { tool: 'Bash', target: 'npm test', grant: 'Bash(npm test *)' },
        { tool: 'Write', target: '/etc/x', grant: null },
      ]);
    });

    it('come from events on the way, once each', () => {
      const event = { type: 'system', subtype: 'permission_denied', tool_name: 'Bash', tool_use_id: 't1' };
      const bash = message('m1', [call('t1', 'Bash', { command: 'make' })]);
      const facts = fold(
        bash,
        event,
        toolResult('t1'),
        result({ permission_denials: [denied('t1', 'Bash', { command: 'make' })] }),
      );
      expect(facts.denials).toEqual([{ tool: 'Bash', target: 'make', grant: 'Bash(make *)' }]);
      expect(fold(event).denials).toEqual([{ tool: 'Bash', target: null, grant: null }]);
    });

    it('are at most twenty', () => {
      const many = Array.from({ length: 100 }, (_, n) => denied(`t${n}`, 'Bash', { command: `x${n}` }));
      expect(fold(result({ permission_denials: many })).denials).toHaveLength(20);
    });
  });

  it('never changes a value it was given', () => {
    const before = foldClaudeLine(
      EMPTY_CLAUDE_STREAM,
      JSON.stringify(message('m1', [call('t1', 'Bash', { command: 'a' })])),
      time,
    );
    const copy = structuredClone(before);
    foldClaudeLine(before, JSON.stringify(toolResult('t1')), time);
    foldClaudeLine(before, JSON.stringify(result()), time);
    expect(before).toEqual(copy);
    expect(EMPTY_CLAUDE_STREAM.calls.size).toBe(0);
  });

  it.each([
    '',
    'not json',
    '{"type":',
    'null',
    '[]',
    '42',
    '{"type":"result"}',
    '{"type":"assistant","message":null}',
    '{"type":"new"}',
  ])('ignores the line %j', (line) => {
    expect(foldClaudeLine(EMPTY_CLAUDE_STREAM, line, time)).toBe(EMPTY_CLAUDE_STREAM);
  });

  it('never throws, whatever an event holds', () => {
    const shape = fc.record(
      {
        type: fc.constantFrom('assistant', 'user', 'system', 'result', 'rate_limit_event'),
        subtype: fc.constantFrom('init', 'api_retry', 'permission_denied', 'success'),
        message: fc.oneof(
          fc.jsonValue(),
          fc.record({ id: fc.jsonValue(), content: fc.array(fc.jsonValue()), usage: fc.jsonValue() }),
        ),
        error: fc.jsonValue(),
        is_error: fc.jsonValue(),
        rate_limit_info: fc.oneof(
          fc.jsonValue(),
          fc.record({ status: fc.constant('rejected'), resetsAt: fc.double() }),
        ),
        modelUsage: fc.jsonValue(),
        permission_denials: fc.array(fc.jsonValue()),
        tool_use_id: fc.jsonValue(),
        tool_name: fc.jsonValue(),
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(shape, fc.jsonValue(), fc.string())), (events) =>
        Number.isFinite(fold(...events).tokens),
      ),
    );
  });
});
