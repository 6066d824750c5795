import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** One digest of everything below a folder: names, kinds, modes, times of change and contents. */
export async function hashFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name);
    const { mode, mtimeMs } = await lstat(path);
    hash.update(`${name}\0${String(mode)}\0${String(mtimeMs)}\0`);
    hash.update(await contentOf(path));
  }
  return hash.digest('hex');
}

async function contentOf(path: string): Promise<string | Buffer> {
  const entry = await lstat(path);
  if (entry.isFile()) return readFile(path);
  return entry.isSymbolicLink() ? readlink(path) : '';
}
