import { O8Error } from '../../core/base/errors.js';

/** The system's code of a failed call (`ENOENT`), null for anything else that was thrown. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * A failed write as a user can act on it: no space left (quota and file size limits too) is `disk_full`, no permission
 * is `refused`. Everything else is passed through unchanged.
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
        'Free disk space, then: o8 run --resume',
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new O8Error(
        'refused',
        `Not allowed to write ${path} (${code}).`,
        `Check its owner and mode: ls -ld '${path}'`,
      );
    default:
      return error instanceof Error ? error : new Error(`writing ${path}: ${String(error)}`);
  }
}
