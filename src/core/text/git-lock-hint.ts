import { shellQuote } from './shell-quote.js';

/** A lock of git's that was left behind has to go first; whether its git is still at work is for a person to say. */
export function hintAfterLock(lock: string | undefined, command: string): string {
  return lock === undefined
    ? command
    : `rm ${shellQuote(lock)} && ${command}   (when no git is at work there any more)`;
}
