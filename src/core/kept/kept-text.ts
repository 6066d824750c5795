import { counted } from '../text/counted.js';
import { shellQuote } from '../text/shell-quote.js';
import { printable } from '../text/untrusted-text.js';

/** Something in a worktree that no commit can carry: `why` goes on a sentence that begins with the path. */
export interface Stays {
  readonly path: string;
  readonly why: string;
}

/** Ignored files that are rescued together, in bytes. More than this is data and not a setting or a note somebody wrote. */
export const MOST_IGNORED_BYTES = 10 * 1024 * 1024;

const MOST_NAMED = 3; // a person looks at the folder after a few

/** Why a worktree stays, without its path; null where nothing keeps it. */
export function whyKept(stays: readonly Stays[]): string | null {
  if (stays.length === 0) return null;
  const named = stays.slice(0, MOST_NAMED).map(({ path, why }) => `${printable(path)} ${why}`);
  const rest = stays.length - named.length;
  return `${named.join('; ')}${rest > 0 ? `; and ${String(rest)} more` : ''}`;
}

/** What a person does about it. */
export function afterKept(worktree: string, again: string): string {
  return `move out of ${shellQuote(worktree)} what is to be kept and delete the rest there, then: ${again}`;
}

/** The note at a task whose worktree stays. */
export function keptNote(stays: readonly Stays[], worktree: string, again: string): string {
  return `its worktree was kept: ${whyKept(stays) ?? ''}; ${afterKept(worktree, again)}`;
}

/** Ignored files that are too many for a rescue. */
export function tooMuchIgnored(files: readonly { readonly path: string; readonly bytes: number }[]): Stays {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const largest = [...files].sort((a, b) => b.bytes - a.bytes)[0]?.path ?? '';
  const others = files.length === 1 ? '' : ` and ${counted(files.length - 1, 'more ignored file')}`;
  const why = `${others.trim()} came after setup, ${megabytes(bytes)} in all, and more than ${megabytes(MOST_IGNORED_BYTES)} are not rescued`;
  return { path: largest, why: why.trim() };
}

/** The note about files that git ignores and that are kept under a ref before the worktree goes. */
export function rescuedNote(what: string, ref: string, paths: readonly string[]): string {
  const named = paths.slice(0, MOST_NAMED).map(printable);
  const rest = paths.length - named.length;
  const list = `${named.join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}`;
  const show = paths[0] === undefined ? `git show ${ref}` : `git show ${shellQuote(`${ref}:${paths[0]}`)}`;
  return `${what} kept as ${ref}: ${list} (${show})`;
}

function megabytes(bytes: number): string {
  return `${String(Math.max(1, Math.round(bytes / (1024 * 1024))))} MB`;
}
