import type { Launch, ReviewLaunch } from '../base/agent.js';
import { ENVIRONMENT } from './claude-command.js';

/** No tool that writes or runs anything, so neither permissions nor the guard are needed. */
const TOOLS = ['Read', 'Grep', 'Glob'];

/** Claude Code as a reviewer. The reviewed branch may have changed `.claude/`, so nothing of it is read. */
export function claudeReview({ program, agent, sessionId, rules, budgetUsd }: ReviewLaunch): Launch {
  return {
    argv: [
      program,
      '-p',
      ...['--output-format', 'stream-json', '--verbose'],
      ...['--session-id', sessionId],
      ...['--setting-sources', '', '--strict-mcp-config', '--disable-slash-commands'],
      ...['--tools', TOOLS.join(',')],
      ...['--permission-mode', 'dontAsk', '--allowedTools', ...TOOLS],
      `--append-system-prompt=${rules}`,
      ...(agent.maxTurns === null ? [] : ['--max-turns', String(agent.maxTurns)]),
      ...(budgetUsd === null ? [] : ['--max-budget-usd', Math.max(budgetUsd, 0.000001).toFixed(6)]),
      ...(agent.model === null ? [] : [`--model=${agent.model}`]),
    ],
    env: ENVIRONMENT,
  };
}
