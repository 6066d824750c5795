import type * as z from 'zod';
import { O8Error } from '../base/errors.js';
import { jsonValue } from '../base/json-value.js';
import { shellQuote } from '../base/shell-quote.js';
import { inputProblems, problemText } from './schema-words.js';

/**
 * The content of a JSON file that o8 wrote. Throws O8Error `journal_damaged`, whose hint sets the file aside; `note`
 * follows that command.
 */
export function storedRecord<T>(path: string, text: string, schema: z.ZodType<T>, note = ''): T {
  const given = jsonValue(text);
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [fault] = inputProblems(schema, given, parsed.error.issues);
  throw new O8Error(
    'journal_damaged',
    `${path} is damaged: ${fault === undefined || given === undefined ? 'not JSON' : problemText(fault, 'the whole file')}.`,
    `mv ${shellQuote(path)} ${shellQuote(`${path}.damaged`)}${note}`,
  );
}
