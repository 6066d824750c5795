import { errorCode } from '../../core/base/error-code.js';
import { diskFull } from '../../core/base/disk-full.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { O8Error } from '../../core/base/errors.js';

/**
 * Converts a failed write into an error the user can act on: no space left (also quota and file size limits) is
 * `disk_full`, no permission is `refused`. Other errors are returned unchanged.
 */
export function writeError(error: unknown, path: string): Error {
  const code = errorCode(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return diskFull(path, code);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new O8Error('refused', `No permission to write ${path} (${code}).`, `ls -ld ${shellQuote(path)}`);
    default:
      return error instanceof Error ? error : new Error(`writing ${path}: ${String(error)}`);
  }
}
