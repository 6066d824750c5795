/** Deeper than any plan a person or a model writes, far below what a recursive reader can hold on its stack. */
export const NESTING_LIMIT = 64;

/**
 * How deep arrays and objects nest in JSON text, counted without parsing it: a parser, or a walk over its result, can
 * exhaust the stack on a few kilobytes of brackets, and node cannot catch that everywhere.
 */
export function jsonNesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, (depth += 1));
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}
