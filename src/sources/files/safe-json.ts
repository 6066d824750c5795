import { jsonNesting, NESTING_LIMIT } from '../../core/base/json-nesting.js';
import { quote } from '../../core/text/untrusted-text.js';
import type { Parsed } from './parsed.js';

/** Parses untrusted JSON: nesting is checked before the text is parsed. The caller has limited its size. */
export function parseJson(text: string): Parsed {
  const nesting = jsonNesting(text);
  if (nesting > NESTING_LIMIT) {
    return { kind: 'fault', problem: `nests ${nesting} levels deep`, fix: `Use at most ${NESTING_LIMIT} levels.` };
  }
  try {
    return { kind: 'value', value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const fix = 'Correct it; `node -p "JSON.parse(require(\'fs\').readFileSync(0))" < the file` shows the place.';
    return { kind: 'fault', problem: `is not valid JSON: ${withoutQuotes(error.message)}`, fix };
  }
}

/** V8 quotes a part of the text in its message. */
function withoutQuotes(message: string): string {
  return quote(message).slice(1, -1);
}
