import type { ToolContext } from '../../tools/context/define-tool.js';
import type { Exit } from './exit.js';
import type { Terminal } from './terminal.js';

/** What every command needs of its surroundings. */
export interface Cli {
  readonly terminal: Terminal;
  readonly context: ToolContext;
  readonly exit: Exit;
  /** How the user calls these commands, for the ones a text names. */
  readonly spelling: 'o8' | 'o8 parallel';
}
