import { once } from 'node:events';
import { createColors } from 'picocolors';
import { escapeHiddenButTabs } from '../core/base/shown-text.js';
import { sanitizeLine } from '../core/terminal-text.js';

export type Colors = ReturnType<typeof createColors>;

/** Where a command prints, and what that place can show. */
export interface Terminal {
  readonly colors: Colors;
  /** A person looks at it: live lines and prompts are possible. */
  readonly interactive: boolean;
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
}

/** Colour only on a terminal and never with NO_COLOR; text from agents and repositories loses control characters. */
export function openTerminal(env: NodeJS.ProcessEnv): Terminal {
  const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    stream.write(`${text}\n`);
  };
  return {
    colors: createColors(process.stdout.isTTY && !noColor && env['TERM'] !== 'dumb'),
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    print: (text) => {
      write(process.stdout, text);
    },
    warn: (text) => {
      write(process.stderr, text);
    },
  };
}

/** Untrusted text as lines that cannot move the cursor or change colours, and that hide nothing. */
export function safeLines(text: string): string {
  return text.split('\n').map(escapeHiddenButTabs).join('\n');
}

/** Lines of a program's output: the same, but its colours and cursor movements are left out. */
export function outputLines(text: string): string {
  return text.split('\n').map(sanitizeLine).join('\n');
}

/** Waits until what was printed has gone out: who prints megabytes must not pile them up in memory. */
export async function stdoutDrained(): Promise<void> {
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}
