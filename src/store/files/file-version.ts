import { errorCode } from '../../core/base/error-code.js';
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
