import { jsonNesting, NESTING_LIMIT } from '../base/json-nesting.js';

/** The blocks of a manifest that o8 rewrites. */
const OWN_BLOCKS = new Set(['execution', 'integration']);

/**
 * Whether two manifests are the same apart from `execution`, `integration` and white space. A different order of keys
 * counts as a difference, as does text that is not a JSON object: in both cases the user has changed something.
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
