import { shellQuote } from '../base/shell-quote.js';
import { printable } from './untrusted-text.js';

/** A branch that is checked out and does not exist any more: the fact, and the command that brings it back. */
export function lostBranch(branch: string, last: string): { readonly said: string; readonly command: string } {
  return {
    said: `branch ${printable(branch)} is gone; it was at ${last.slice(0, 12)}`,
    command: `git update-ref ${shellQuote(`refs/heads/${branch}`)} ${last}`, // `git branch` refuses the one checked out
  };
}
