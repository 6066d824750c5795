import { o8, text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';

/** The system's error code of a failed call (`ENOENT`), null for any other thrown value. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * Converts a failed write into an error the user can act on: no space left (also quota and file size limits) is
 * `disk_full`, no permission is `refused`. Other errors are returned unchanged.
 */
export function writeError(error: unknown, path: string): Error {
  const code = systemCode(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new O8Error(
        'disk_full',
        `No space left to write ${path} (${code}).`,
        text`Free disk space, then: ${o8('run', { resume: true })}`,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new O8Error('refused', `No permission to write ${path} (${code}).`, `ls -ld '${path}'`);
    default:
      return error instanceof Error ? error : new Error(`writing ${path}: ${String(error)}`);
  }
}
