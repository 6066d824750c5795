import { minutesText } from '../text/duration.js';
import { clipped } from '../text/bounds.js';
import { quotedOutput } from '../text/quoted-output.js';

/** How a command of the user's (`setup`, `verify`, `validation`) ended when it did not succeed. */
export interface FailedCommand {
  readonly command: string;
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly timeoutMinutes: number;
  /** The end of what it printed, secrets taken out. */
  readonly output: string;
}

/** Which command, how it ended, and below that its last lines. */
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
