import { respellHidden } from './shown-text.js';

/**
 * Text as it may go to a terminal: what drives one, changes the order of what it shows or would not be seen is spelled
 * `\u001b`. JSON spells it the same way inside strings, so a JSON document is still the same document afterwards.
 */
export function screenText(text: string): string {
  return respellHidden(text.replaceAll('\r\n', '\n'), (hidden) =>
    hidden === '\n' || hidden === '\t' ? hidden : units(hidden),
  );
}

/** A character outside the first plane is two of them. */
function units(hidden: string): string {
  const codes = Array.from({ length: hidden.length }, (_, at) => hidden.charCodeAt(at));
  return codes.map((code) => `\\u${code.toString(16).padStart(4, '0')}`).join('');
}
