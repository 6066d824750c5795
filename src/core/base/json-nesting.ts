/** Deeper than any real plan, far below what a recursive parser can hold on its stack. */
export const NESTING_LIMIT = 64;

/**
 * The nesting depth of arrays and objects in JSON text, counted without parsing: a parser, or code that walks its
 * result, can exhaust the stack on a few kilobytes of brackets, and node cannot always catch that.
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
