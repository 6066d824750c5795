import type { Reader } from '../../core/text/spelling.js';

/** Who reads the output: a person at a terminal, or the chat of Claude Code, which runs some commands for its user. */
export function readerOf(env: NodeJS.ProcessEnv): Reader {
  return env['CLAUDECODE'] === '1' ? 'chat' : 'terminal';
}
