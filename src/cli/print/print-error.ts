import { reportError } from '../../core/text/report-error.js';
import { exitCodeOf, O8Error, type ExitCode } from '../../core/base/errors.js';
import { spelled } from '../../core/text/spelling.js';
import { readerOf } from '../context/reader-of.js';
import { hintLines, safeLines, type Terminal } from '../context/terminal.js';

/** Prints an error as text, or as JSON with `--json`; returns the exit code. */
export function printError(error: unknown, terminal: Terminal, json: boolean, env: NodeJS.ProcessEnv): ExitCode {
  const report = spelled(reportError(error), json ? 'terminal' : readerOf(env));
  if (json) terminal.print(JSON.stringify({ error: report }));
  else {
    terminal.warn(`${terminal.colors.red('Error:')} ${safeLines(report.message)}`);
    const { hint } = report;
    const hasOptions = error instanceof O8Error && error.hasOptions;
    if (hint !== '') terminal.warn(hasOptions ? `\n${safeLines(hint)}` : hintLines(hint, 2));
  }
  if (env['O8_DEBUG'] === '1' && error instanceof Error && !(error instanceof O8Error))
    terminal.warn(error.stack ?? '');
  return error instanceof O8Error ? exitCodeOf(error.code) : 1;
}
