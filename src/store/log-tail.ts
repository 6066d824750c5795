import { open } from 'node:fs/promises';

/** Far more than a thousand ordinary lines; a longer tail of giant lines helps nobody. */
const MOST_BYTES = 256 * 1024;

/** The last lines of a log that may be growing; empty while there is none. */
export async function readLogTail(path: string, lines: number): Promise<string[]> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = await file.stat();
    const length = Math.min(size, MOST_BYTES);
    const buffer = Buffer.alloc(length);
    await file.read(buffer, 0, length, size - length);
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(-lines);
  } finally {
    await file.close();
  }
}
