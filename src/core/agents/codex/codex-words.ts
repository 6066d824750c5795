import { oneLine } from '../base/agent-facts.js';
import { parseCodexEvent, type CodexItem } from './codex-events.js';
import { targetOf, VERBS } from './codex-output.js';

/** An event of `codex exec --json` formatted as text; null for a line that is not an event o8 reads. */
export function codexWords(line: string): readonly string[] | null {
  const event = parseCodexEvent(line);
  if (event === null) return null;
  switch (event.type) {
    case 'thread.started':
    case 'turn.started':
    case 'item.updated':
      return [];
    case 'item.started':
      return event.item.type === 'command_execution' ? itemWords(event.item) : [];
    case 'item.completed':
      return event.item.type === 'command_execution' ? failedCommand(event.item) : itemWords(event.item);
    case 'error':
      return [`error: ${oneLine(event.message)}`];
    case 'turn.completed': {
      const { usage } = event;
      const tokens =
        usage === null ? '' : `, ${String(usage.input_tokens + usage.output_tokens)} tokens in this session`;
      return [`Ended: success${tokens}`];
    }
    case 'turn.failed':
      return [`Ended: error: ${oneLine(event.error.message)}`];
  }
}

function itemWords(item: CodexItem): string[] {
  switch (item.type) {
    case 'agent_message':
      return item.text.trim() === '' ? [] : item.text.trim().split('\n');
    case 'command_execution':
    case 'file_change':
    case 'mcp_tool_call':
    case 'web_search': {
      const what = `${VERBS[item.type]}: ${oneLine(targetOf(item))}`;
      return [item.status === 'declined' ? `  not permitted: ${what}` : what];
    }
    case 'error':
      return [`warning: ${oneLine(item.message)}`];
    default:
      return [];
  }
}

/** The command was shown when it started; its end is shown only if it failed. */
function failedCommand({ exit_code: code, aggregated_output: output, status }: CodexItem): string[] {
  if (status === 'declined') return ['  not permitted'];
  if (code === null || code === 0) return [];
  const last = output.trim().split('\n').at(-1) ?? '';
  return [`  exit ${String(code)}${last === '' ? '' : `: ${oneLine(last)}`}`];
}
