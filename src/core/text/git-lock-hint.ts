import { text, type Command, type Text } from '../base/text.js';
import { shellQuote } from '../base/shell-quote.js';

/** A git lock that was left behind must be removed first; only the user can tell whether its git is still running. */
export function hintAfterLock(lock: string | undefined, command: Command): Text {
  return lock === undefined
    ? command
    : text`rm ${shellQuote(lock)} && ${command}   (if no git process is still running there)`;
}
