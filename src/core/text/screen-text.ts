import { respellHidden } from './shown-text.js';

/**
 * Text that is safe for a terminal: characters that control it, reorder text or are invisible are written as `\u001b`.
 * JSON strings use the same escapes, so a JSON document keeps its meaning.
 */
export function screenText(text: string): string {
  return respellHidden(text.replaceAll('\r\n', '\n'), (hidden) =>
    hidden === '\n' || hidden === '\t' ? hidden : units(hidden),
  );
}

/** A character outside the basic plane is two code units. */
function units(hidden: string): string {
  const codes = Array.from({ length: hidden.length }, (_, at) => hidden.charCodeAt(at));
  return codes.map((code) => `\\u${code.toString(16).padStart(4, '0')}`).join('');
}
