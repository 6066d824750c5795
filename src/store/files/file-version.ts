import { stat } from 'node:fs/promises';
import { systemCode } from './system-error.js';

/** Differs after every append, rewrite or replacement of the file; null if there is none. */
export async function fileVersion(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
