import { sanitizeLine } from './terminal-text.js';
import { lastWithin, MODEL_BYTES } from './bounds.js';

const LEFT_OUT = '… (earlier output left out)';

/** The last lines of a log as a model is given them: 16 KB at most, with a first line that says when there was more. */
export function tailForModel(log: readonly string[]): string[] {
  const { lines, more } = lastWithin(log.map(sanitizeLine), MODEL_BYTES - Buffer.byteLength(LEFT_OUT) - 1);
  return more ? [LEFT_OUT, ...lines] : lines;
}
