import { describe, expect, it } from 'vitest';
import {
  EMPTY_CLAUDE_STREAM,
  foldClaudeLine,
  type ClaudeStream,
} from '../../../../../src/core/agents/claude/claude-stream.js';

const time = { now: new Date('2026-11-21T08:00:00Z'), timeZone: 'UTC' };

/** The tool that ran without the guard, as the stream shows it. */
function unguarded(...events: readonly object[]): string | null {
  return events.reduce<ClaudeStream>(
    (stream, event) => foldClaudeLine(stream, JSON.stringify(event), time),
    EMPTY_CLAUDE_STREAM,
  ).facts.unguarded;
}

const call = (id: string, name: string, parent: string | null = null) => ({
  type: 'assistant',
  parent_tool_use_id: parent,
  message: { id: `m-${id}`, content: [{ type: 'tool_use', id, name, input: {} }] },
});
const done = (id: string, isError = false) => ({
  type: 'user',
  message: { content: [{ type: 'tool_result', tool_use_id: id, content: 'x', is_error: isError }] },
});
const hook = (subtype: 'hook_started' | 'hook_response', tool: string, stderr?: string) => ({
  type: 'system',
  subtype,
  hook_event: 'PreToolUse',
  hook_name: `PreToolUse:${tool}`,
  ...(stderr === undefined ? {} : { stderr }),
});
const ours = (tool: string) => [hook('hook_started', tool), hook('hook_response', tool, 'o8-guard\n')];
const result = { type: 'result', subtype: 'success', is_error: false };

describe('the guard as the stream shows it', () => {
  it.each(['Write', 'Edit', 'NotebookEdit', 'Bash'])(
    'is missing when %s ran and no hook of ours came before',
    (tool) => {
      expect(unguarded(call('1', tool), done('1'))).toBe(tool);
      expect(unguarded(call('1', tool), ...ours(tool), done('1'))).toBeNull();
      expect(unguarded(call('1', tool), done('1'), ...ours(tool))).toBe(tool);
      expect(unguarded(call('1', tool), ...ours('Read'), done('1'))).toBe(tool);
    },
  );

  it('is missing when it was there for one call and not for the next', () => {
    expect(unguarded(call('1', 'Bash'), ...ours('Bash'), done('1'), call('2', 'Bash'), done('2'))).toBe('Bash');
  });

  it('is missing when another hook of the user answers, or ours did not get to its end', () => {
    expect(
      unguarded(call('1', 'Bash'), hook('hook_started', 'Bash'), hook('hook_response', 'Bash', ''), done('1')),
    ).toBe('Bash');
  });

  it('is there for calls at the same time, in any order of their answers', () => {
    const calls = [call('1', 'Write'), call('2', 'Bash'), call('3', 'Write')];
    expect(
      unguarded(...calls, ...ours('Write'), ...ours('Bash'), done('2'), done('1'), ...ours('Write'), done('3')),
    ).toBeNull();
    expect(unguarded(...calls, ...ours('Write'), ...ours('Bash'), done('2'), done('1'), done('3'))).toBe('Write');
  });

  it('is not asked for by calls that were refused or failed, reads, and calls of subagents', () => {
    expect(unguarded(call('1', 'Write'), done('1', true), result)).toBeNull();
    expect(unguarded(call('1', 'Read'), done('1'), result)).toBeNull();
    expect(unguarded(call('1', 'Bash', 'parent'), done('1'), result)).toBeNull();
  });

  it('is missing at the end when a call was never answered and no hook was seen at all', () => {
    expect(unguarded(call('1', 'Edit'), result)).toBe('Edit');
    expect(unguarded(call('1', 'Edit'), { ...result, is_error: true })).toBeNull();
    expect(unguarded(...ours('Bash'), call('1', 'Edit'), result)).toBeNull();
  });

  it('knows a hook by its start alone where nothing says what it answered', () => {
    expect(unguarded(call('1', 'Edit'), hook('hook_started', 'Edit'), done('1'))).toBeNull();
    expect(unguarded(call('1', 'Edit'), hook('hook_response', 'Edit'), done('1'))).toBeNull();
  });
});
