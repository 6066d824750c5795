import type { ToolContext } from '../../tools/context/define-tool.js';
import type { Exit } from './exit.js';
import type { Terminal } from './terminal.js';

/** What every command gets. */
export interface Cli {
  readonly terminal: Terminal;
  readonly context: ToolContext;
  readonly exit: Exit;
  /** How the user called the command; texts name related commands the same way. */
  readonly spelling: 'o8' | 'o8 parallel';
}
