import { minutesText } from '../text/duration.js';
import { clipped } from '../text/bounds.js';
import { quotedOutput } from '../text/quoted-output.js';

/** How a user's command (`setup`, `verify`, `validation`) failed. */
export interface FailedCommand {
  readonly command: string;
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly timeoutMinutes: number;
  /** The end of its output, with secrets replaced. */
  readonly output: string;
}

/** The command, how it ended, and its last lines of output. */
export function commandFailure({ command, output, ...how }: FailedCommand): string {
  const [first = '', ...more] = command.trim().split('\n');
  const name = `${clipped(first, 200)}${more.length === 0 ? '' : ' …'}`;
  const lines = quotedOutput(output);
  return [`\`${name}\`: ${ending(how)}${lines.length === 0 ? ', without any output' : ''}`, ...lines].join('\n');
}

function ending({ code, signal, timedOut, timeoutMinutes }: Omit<FailedCommand, 'command' | 'output'>): string {
  if (timedOut) return `timed out after ${minutesText(timeoutMinutes)}`;
  return code === null ? `killed by ${signal ?? 'a signal'}` : `exit ${String(code)}`;
}
