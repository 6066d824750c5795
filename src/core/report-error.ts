import { O8Error } from './errors.js';

/** An error as both doors show it; `faults` only where an input has several. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly faults?: readonly { readonly file: string; readonly problem: string; readonly fix: string }[];
}

/** The one formatter: expected errors as they are, a bug as `internal` without a stack trace. */
export function reportError(error: unknown): ErrorReport {
  if (error instanceof O8Error) {
    const { code, message, hint, faults } = error;
    return faults.length === 0 ? { code, message, hint } : { code, message, hint, faults };
  }
  return {
    code: 'internal',
    message: `o8 has a bug: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Run the command again with O8_DEBUG=1 and report what it prints.',
  };
}
