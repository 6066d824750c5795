import type { Reader } from '../../core/text/spelling.js';

/** Whoever reads what a command prints: Claude Code runs some programs for its user, and shows what they print. */
export function readerOf(env: NodeJS.ProcessEnv): Reader {
  return env['CLAUDECODE'] === '1' ? 'chat' : 'terminal';
}
