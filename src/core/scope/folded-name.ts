import { printable } from '../text/untrusted-text.js';

/** The text about two names that are the same file on many machines. */
export const NAMES_DIFFER = 'differ only in case or accents and are one file on macOS and Windows';

/** A path as macOS and Windows compare it: ignores case and the encoding of accents. */
export function foldName(path: string): string {
  // Nearly every path is ASCII, and a repository may have a million paths.
  if (/^[ -~]*$/.test(path)) return path.toLowerCase();
  return path.normalize('NFC').toLowerCase().replaceAll('ſ', 's').normalize('NFC'); // the long s folds to s
}

/** A name for people, with code points if it looks like `other` but differs. */
export function exactName(name: string, other: string): string {
  if (name === other || name.normalize('NFC') !== other.normalize('NFC')) return printable(name);
  return printable(name).replaceAll(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
