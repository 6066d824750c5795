import { shellQuote } from '../base/shell-quote.js';
import { printable } from './untrusted-text.js';

/** A branch that is checked out but no longer exists: the message, and the command that restores it. */
export function lostBranch(branch: string, last: string): { readonly said: string; readonly command: string } {
  return {
    said: `branch ${printable(branch)} was deleted; it was at ${last.slice(0, 12)}`,
    // `git branch` refuses a branch that is checked out
    command: `git update-ref ${shellQuote(`refs/heads/${branch}`)} ${last}`,
  };
}
