import { shellQuote } from './shell-quote.js';

/** A git lock that was left behind must be removed first; only the user can tell whether its git is still running. */
export function hintAfterLock(lock: string | undefined, command: string): string {
  return lock === undefined
    ? command
    : `rm ${shellQuote(lock)} && ${command}   (if no git process is still running there)`;
}
