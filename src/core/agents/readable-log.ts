import { parseClaudeEvent, type ClaudeEvent, type RateLimitInfo } from './claude/claude-events.js';
import { oneLine, toolCall } from './claude/claude-stream.js';
import { completionReportSchema } from './base/completion-schema.js';
import type { Plan } from '../plan/plan.js';
import { inWorktree } from '../text/worktree-text.js';

/** Time, a line of the agent's own output, and in it the beginning of a JSON object. */
const EVENT_LINE = /^(\[[^\]]+\]) \[stdout\] (\{.*)$/;
/** Of a line that is neither an event nor text: it was cut when it was written. */
const MOST_CHARACTERS = 200;

/** How the log of a run's agents is shown: only Claude's events are known here. */
function logView({ settings }: Plan): (line: string) => readonly string[] {
  return settings.agent.command === null ? readableLogLine : (line) => [line];
}

/** The same for the log of one task: the paths of its worktree as its agent would write them. */
export function taskLogView(plan: Plan, task: string): (line: string) => readonly string[] {
  const view = logView(plan);
  const worktree = plan.tasks.find(({ id }) => id === task)?.worktree ?? null;
  if (worktree === null || plan.settings.agent.command !== null) return view;
  return (line) => view(line).map((text) => inWorktree(text, worktree));
}

/**
 * A line of a Claude agent's log as a person reads it: what the agent said, the tools it called, what went wrong. Empty
 * for an event that tells nothing; any other line as it is.
 */
export function readableLogLine(line: string): string[] {
  const [, time = '', json = ''] = EVENT_LINE.exec(line) ?? [];
  if (json === '') return [line];
  const event = parseClaudeEvent(json);
  if (event !== null) return words(event).map((text) => `${time} ${text}`);
  return isObject(json) ? [] : [`${time} ${json.slice(0, MOST_CHARACTERS)}…`];
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
            `the API answers ${event.error_status === null ? 'nothing' : String(event.error_status)}; trying again`,
          ];
        case 'permission_denied':
          return [`  not permitted: ${event.tool_name}`];
      }
  }
}

function isObject(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function limitWords({ isUsingOverage, overageInUse }: RateLimitInfo): string {
  return isUsingOverage || overageInUse
    ? 'usage limit reached; the account pays for more (overage)'
    : 'usage limit reached';
}
