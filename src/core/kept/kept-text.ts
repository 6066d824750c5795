import { text, type Text } from '../base/text.js';
import { counted } from '../text/counted.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';

/** Content of a worktree that cannot be committed; `why` continues a sentence that begins with the path. */
export interface Stays {
  readonly path: string;
  readonly why: string;
}

/** Limit on ignored files in one rescue, in bytes. More is data, not settings or notes that somebody wrote. */
export const MOST_IGNORED_BYTES = 10 * 1024 * 1024;

const MOST_NAMED = 3; // enough; the user then checks the folder

/** Why a worktree is kept, without its path; null if it can be removed. */
export function whyKept(stays: readonly Stays[]): string | null {
  if (stays.length === 0) return null;
  const named = stays.slice(0, MOST_NAMED).map(({ path, why }) => `${printable(path)} ${why}`);
  const rest = stays.length - named.length;
  return `${named.join('; ')}${rest > 0 ? `; and ${String(rest)} more` : ''}`;
}

/** What the user has to do about it. */
export function afterKept(worktree: string, again: Text): Text {
  return text`move files you want to keep out of ${shellQuote(worktree)}, delete the rest there, then run: ${again}`;
}

/** The note on a task whose worktree was kept. */
export function keptNote(stays: readonly Stays[], worktree: string, again: Text): Text {
  return text`its worktree was kept: ${whyKept(stays) ?? ''}; ${afterKept(worktree, again)}`;
}

/** Too many ignored files for a rescue. */
export function tooMuchIgnored(files: readonly { readonly path: string; readonly bytes: number }[]): Stays {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const largest = [...files].sort((a, b) => b.bytes - a.bytes)[0]?.path ?? '';
  const others = files.length === 1 ? '' : ` and ${counted(files.length - 1, 'more ignored file')}`;
  const why = `${others.trim()} created after setup, ${megabytes(bytes)} in total; o8 rescues at most ${megabytes(MOST_IGNORED_BYTES)}`;
  return { path: largest, why: why.trim() };
}

/** The note on ignored files that were saved under a ref before the worktree was removed. */
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
