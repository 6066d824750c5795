import { errorCode } from '../../core/base/error-code.js';
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Differs after every append, rewrite or replacement of the file; null if there is none. */
export async function fileVersion(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The same for callers that look several times a second: a tenth of the CPU time. Null also if it cannot be looked at. */
export function fileVersionNow(path: string): string | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? null : [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(':');
  } catch {
    return null; // whoever reads it reports why
  }
}
