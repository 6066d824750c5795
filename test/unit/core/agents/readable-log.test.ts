import { describe, expect, it } from 'vitest';
import { readableLogLine, taskLogView } from '../../../../src/core/agents/readable-log.js';
import { CLAUDE_AGENT } from '../../../../src/core/agents/claude/claude-agent.js';
import { planOf } from '../../../support/runs/plan-fixture.js';

const TIME = '[2026-11-21T08:05:12.000Z]';

const ofClaude = (line: string): readonly string[] => readableLogLine(CLAUDE_AGENT, line);
const read = (event: unknown): readonly string[] => ofClaude(`${TIME} [stdout] ${JSON.stringify(event)}`);
const assistant = (content: unknown[], more: object = {}) =>
  read({ type: 'assistant', parent_tool_use_id: null, message: { id: 'm', content }, ...more });
const user = (content: unknown[]) => read({ type: 'user', message: { role: 'user', content } });

describe('the log of a Claude agent', () => {
  it('tells what the agent said, line by line, and the tools it called', () => {
    expect(
      assistant([
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'First I read.\nThen I write.\n' },
        { type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'git status', description: 'Look' } },
        { type: 'tool_use', id: 't2', name: 'TodoWrite', input: { todos: [] } },
      ]),
    ).toEqual([`${TIME} First I read.`, `${TIME} Then I write.`, `${TIME} Bash: git status`, `${TIME} TodoWrite`]);
  });

  it('tells what the agent reports in the end', () => {
    const report = { status: 'incomplete', summary: 'The document does not say it.\nSo I stop.' };
    expect(assistant([{ type: 'tool_use', id: 't', name: 'StructuredOutput', input: report }])).toEqual([
      `${TIME} Reports incomplete: The document does not say it.`,
    ]);
    expect(assistant([{ type: 'tool_use', id: 't', name: 'StructuredOutput', input: { status: 'odd' } }])).toEqual([
      `${TIME} StructuredOutput`,
    ]);
  });

  it('names the files of its own worktree as the agent would, and others in full', () => {
    const plan = planOf([{ id: 'a' }, { id: 'b' }]);
    const [own = '', other = ''] = plan.tasks.map(({ worktree }) => worktree);
    const event = (path: string) => ({
      type: 'assistant',
      parent_tool_use_id: null,
      message: { id: 'm', content: [{ type: 'tool_use', id: 't', name: 'Read', input: { file_path: path } }] },
    });
    const line = (path: string): string => `${TIME} [stdout] ${JSON.stringify(event(path))}`;
    expect(taskLogView(plan, 'a')(line(`${own}/src/a.ts`))).toEqual([`${TIME} Read: src/a.ts`]);
    expect(taskLogView(plan, 'a')(line(`${other}/src/a.ts`))).toEqual([`${TIME} Read: ${other}/src/a.ts`]);
  });

  it('sets in what a subagent does', () => {
    const edit = { type: 'tool_use', id: 't', name: 'Edit', input: { file_path: 'src/a.ts' } };
    expect(assistant([edit], { parent_tool_use_id: 'toolu_1' })).toEqual([`${TIME}   Edit: src/a.ts`]);
  });

  it('leaves out results, unless they are errors', () => {
    expect(user([{ type: 'tool_result', tool_use_id: 't', content: 'x'.repeat(5000) }])).toEqual([]);
    const blocks = [{ type: 'text', text: 'No such file\nand more' }, { type: 'image' }];
    expect(user([{ type: 'tool_result', tool_use_id: 't', is_error: true, content: blocks }])).toEqual([
      `${TIME}   error: No such file`,
    ]);
  });

  it('tells how it ended, what was not permitted, and when the API is busy', () => {
    const result = { type: 'result', subtype: 'success', is_error: false, total_cost_usd: 0.126 };
    expect(read(result)).toEqual([`${TIME} Ended: success, $0.13`]);
    expect(read({ ...result, is_error: true, result: 'API Error: 500' })).toEqual([
      `${TIME} Ended: error: API Error: 500, $0.13`,
    ]);
    expect(read({ type: 'system', subtype: 'permission_denied', tool_name: 'Bash', tool_use_id: 't' })).toEqual([
      `${TIME}   not permitted: Bash`,
    ]);
    expect(read({ type: 'system', subtype: 'api_retry', error_status: 529 })).toEqual([
      `${TIME} the API answered 529; retrying`,
    ]);
    expect(read({ type: 'rate_limit_event', rate_limit_info: { status: 'rejected' } })).toEqual([
      `${TIME} usage limit reached`,
    ]);
  });

  it('says nothing of events that tell a person nothing', () => {
    expect(read({ type: 'system', subtype: 'init', session_id: 's', tools: ['Bash'] })).toEqual([]);
    expect(read({ type: 'system', subtype: 'task_progress' })).toEqual([]);
  });

  it('keeps every other line as it is, and the beginning of one that was cut when it was written', () => {
    for (const line of ['Pipeline started for task-001', `${TIME} [stderr] {"type":"result"}`, `${TIME} [stdout] {`])
      expect(ofClaude(line)[0]).toContain(line.replace('[stdout] ', '').slice(0, 40));
    const cut = `${TIME} [stdout] {"type":"assistant","message":${'x'.repeat(70_000)}`;
    expect(ofClaude(cut)).toEqual([`${TIME} {"type":"assistant","message":${'x'.repeat(170)}…`]);
  });
});
