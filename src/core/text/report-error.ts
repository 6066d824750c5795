import { O8Error } from '../base/errors.js';
import { mapText, type Text } from '../base/text.js';
import { boundedMessage, clipped } from './bounds.js';

/** An error as the CLI and the MCP server show it; `faults` only if an input has several. */
export interface ErrorReport {
  readonly code: string;
  readonly message: Text;
  readonly hint: Text;
  readonly faults?: readonly { readonly file: string; readonly problem: string; readonly fix: Text }[];
}

/** The message contains the faults; programs get the first of them as separate entries. */
const MOST_FAULTS = 50;
const MOST_OF_FAULT = 500;

/**
 * Formats all errors: expected errors unchanged, a bug as `internal` without a stack trace, both with limited length.
 */
export function reportError(error: unknown): ErrorReport {
  if (error instanceof O8Error) {
    const [message, hint] = [mapText(error.said, boundedMessage), mapText(error.hint, boundedMessage)];
    const { code } = error;
    if (error.faults.length === 0) return { code, message, hint };
    const faults = error.faults.slice(0, MOST_FAULTS).map(({ file, problem, fix }) => ({
      file: clipped(file, MOST_OF_FAULT),
      problem: clipped(problem, MOST_OF_FAULT),
      fix: mapText(fix, (words) => clipped(words, MOST_OF_FAULT)),
    }));
    return { code, message, hint, faults };
  }
  return {
    code: 'internal',
    message: boundedMessage(`o8 has a bug: ${error instanceof Error ? error.message : String(error)}`),
    hint: 'Run the command again with O8_DEBUG=1 and report what it prints.',
  };
}
