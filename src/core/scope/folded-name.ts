import { printable } from '../text/untrusted-text.js';

/** What is said of two names of which many machines keep one. */
export const NAMES_DIFFER = 'differ only in case or accents and are one file on macOS and Windows';

/** A path as file systems that fold names (macOS, Windows) compare it: neither case nor the way accents are written counts. */
export function foldName(path: string): string {
  // Nearly every path is plain, and a repository may have a million of them.
  if (/^[ -~]*$/.test(path)) return path.toLowerCase();
  return path.normalize('NFC').toLowerCase().replaceAll('ſ', 's').normalize('NFC'); // the long s is another s
}

/** A name for people, spelled with code points where it would look like `other` and is not. */
export function exactName(name: string, other: string): string {
  if (name === other || name.normalize('NFC') !== other.normalize('NFC')) return printable(name);
  return printable(name).replaceAll(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
