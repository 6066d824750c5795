import { O8Error } from './errors.js';
import { o8, text } from './text.js';

/** `code`: what the system said, `ENOSPC` for example. */
export function diskFull(path: string, code: string): O8Error {
  return new O8Error(
    'disk_full',
    `No space left to write ${path} (${code}).`,
    text`Free disk space, then: ${o8('run', { resume: true })}`,
  );
}
