import { oneLine } from '../base/agent-facts.js';
import { completionReportSchema } from '../base/completion-schema.js';
import { parseClaudeEvent, type ClaudeEvent, type RateLimitInfo } from './claude-events.js';
import { toolCall } from './claude-stream.js';

/** An event of `--output-format stream-json` formatted as text; null for a line that is not an event o8 reads. */
export function claudeWords(line: string): readonly string[] | null {
  const event = parseClaudeEvent(line);
  return event === null ? null : words(event);
}

function words(event: ClaudeEvent): string[] {
  switch (event.type) {
    case 'assistant': {
      const indent = event.parent_tool_use_id === null ? '' : '  '; // a subagent's
      return event.message.content.flatMap((block) => {
        switch (block.type) {
          case 'text':
            return block.text.trim() === ''
              ? []
              : block.text
                  .trim()
                  .split('\n')
                  .map((text) => `${indent}${text}`);
          case 'tool_use': {
            const report = block.name === 'StructuredOutput' ? completionReportSchema.safeParse(block.input) : null;
            if (report?.success === true)
              return [`${indent}Reports ${report.data.status}: ${oneLine(report.data.summary)}`];
            const { tool, target } = toolCall(block.name, block.input);
            return [`${indent}${tool}${target === null ? '' : `: ${target}`}`];
          }
          case 'other':
            return [];
        }
      });
    }
    case 'user':
      return event.message.content.flatMap((block) =>
        block.type === 'tool_result' && block.is_error ? [`  error: ${oneLine(block.content)}`] : [],
      );
    case 'rate_limit_event':
      return event.rate_limit_info.status === 'rejected' ? [limitWords(event.rate_limit_info)] : [];
    case 'result': {
      const cost = event.total_cost_usd === null ? '' : `, $${event.total_cost_usd.toFixed(2)}`;
      const why = event.is_error ? `: ${oneLine(event.result ?? event.errors.join('; '))}` : '';
      return [`Ended: ${event.is_error && event.subtype === 'success' ? 'error' : event.subtype}${why}${cost}`];
    }
    case 'system':
      switch (event.subtype) {
        case 'hook_started':
        case 'hook_response':
          return [];
        case 'init':
          return [];
        case 'api_retry':
          return [
            event.error_status === null
              ? 'the API did not answer; retrying'
              : `the API answered ${String(event.error_status)}; retrying`,
          ];
        case 'permission_denied':
          return [`  not permitted: ${event.tool_name}`];
      }
  }
}

function limitWords({ isUsingOverage, overageInUse }: RateLimitInfo): string {
  return isUsingOverage || overageInUse
    ? 'usage limit reached; the account pays for more (overage)'
    : 'usage limit reached';
}
