import { jsonNesting, NESTING_LIMIT } from '../base/json-nesting.js';

/** The blocks of a manifest that o8 and its integration step rewrite themselves. */
const OWN_BLOCKS = new Set(['execution', 'integration']);

/**
 * Whether two manifests say the same apart from `execution` and `integration`, white space aside. A different order
 * of keys counts as different, as does text that is not a JSON object: then the user has changed something.
 */
export function sameExceptExecution(a: string, b: string): boolean {
  const first = withoutOwnBlocks(a);
  return first !== null && first === withoutOwnBlocks(b);
}

function withoutOwnBlocks(text: string): string | null {
  const value = parseObject(text.replace(/^\ufeff/, ''));
  if (value === null) return null;
  return JSON.stringify(Object.entries(value).filter(([key]) => !OWN_BLOCKS.has(key)));
}

function parseObject(text: string): object | null {
  if (jsonNesting(text) > NESTING_LIMIT) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
