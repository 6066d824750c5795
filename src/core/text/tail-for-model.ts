import { sanitizeLine } from './terminal-text.js';
import { lastWithin, MODEL_BYTES } from './bounds.js';

const LEFT_OUT = '… (earlier output omitted)';

/** The last lines of a log for a model: at most 16 KB, with a first line that says if there was more. */
export function tailForModel(log: readonly string[]): string[] {
  const { lines, more } = lastWithin(log.map(sanitizeLine), MODEL_BYTES - Buffer.byteLength(LEFT_OUT) - 1);
  return more ? [LEFT_OUT, ...lines] : lines;
}
