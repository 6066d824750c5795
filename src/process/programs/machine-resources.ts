import { execFileSync } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { errorCode } from '../../core/base/error-code.js';

const MB = 1024 * 1024;

/** Free disk space in MB (2^20 bytes) for this user on the disk that contains, or will contain, `path`. */
export async function freeDiskMB(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return Math.floor((bavail * bsize) / MB);
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '');
    if (!missing || dirname(path) === path) throw error;
    return freeDiskMB(dirname(path));
  }
}

/** Memory in MB (2^20 bytes) available without swapping, within the limits of a container. */
export function freeMemoryMB(): number {
  return Math.floor((process.platform === 'darwin' ? macosFreeMemory() : process.availableMemory()) / MB);
}

/** macOS has almost no free pages; the amount it can reclaim is a percentage (shown by `memory_pressure`). */
function macosFreeMemory(): number {
  const percent = Number(execFileSync('/usr/sbin/sysctl', ['-n', 'kern.memorystatus_level'], { encoding: 'utf8' }));
  return (totalmem() * percent) / 100;
}
