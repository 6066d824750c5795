/** Formats a log line for people; empty when the line has nothing to show. */
type LineView = (line: string) => readonly string[];

import { quotedOutput } from '../text/quoted-output.js';

const LOG_LINE = /^\[[^\]]+\] \[(stdout|stderr)\] (.*)$/;
const READABLE_LINE = /^\[[^\]]+\] (?:\[stdout\] )?(.*)$/;

/**
 * The last lines that an agent wrote, for the message about its failure: its stderr, otherwise its readable output.
 * `log` is the end of its `pipeline.log`; lines already in `said` are not repeated. Empty if there is nothing to quote.
 */
export function lastWords(log: readonly string[], view: LineView, said: string): string {
  const written = log.flatMap((line) => {
    const [, stream = '', text = ''] = LOG_LINE.exec(line) ?? [];
    return stream === '' ? [] : [{ stream, text, line }];
  });
  const errors = quoted(
    written.filter(({ stream }) => stream === 'stderr').map(({ text }) => text),
    said,
  );
  if (errors.length > 0) return ['Last lines of its stderr:', ...errors].join('\n');
  const shown = written
    .filter(({ stream }) => stream === 'stdout')
    .flatMap(({ line }) => view(line))
    .map((line) => READABLE_LINE.exec(line)?.[1] ?? line);
  const output = quoted(shown, said);
  return output.length > 0 ? ['Last lines of its output:', ...output].join('\n') : '';
}

function quoted(lines: readonly string[], said: string): string[] {
  return quotedOutput(lines.join('\n')).filter((line) => line.trim() === '' || !said.includes(line.trim()));
}
