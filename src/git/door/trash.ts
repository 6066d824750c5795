import { errorCode } from '../../core/base/error-code.js';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';

/**
 * Renames a folder before deleting it: this takes 3 ms, and nobody sees it partly deleted. The new name contains the
 * old one, so that after a crash the next user of the path finds and deletes it.
 */
export async function moveToTrash(path: string): Promise<void> {
  failpoint('trash.move.before');
  if (existsSync(path)) await rename(path, join(dirname(path), `${prefix(path)}${randomUUID().slice(0, 8)}`));
  failpoint('trash.move.after');
}

/** Deletes every folder that was renamed from `path` for deletion. */
export async function emptyTrash(path: string): Promise<void> {
  const parent = dirname(path);
  if (!existsSync(parent)) return;
  const leftovers = (await readdir(parent)).filter((name) => name.startsWith(prefix(path)));
  if (leftovers.length === 0) return;
  failpoint('trash.empty.before');
  for (const name of leftovers) await removeFolder(join(parent, name));
  failpoint('trash.empty.after');
}

function prefix(path: string): string {
  return `.${basename(path)}.removed-`;
}

async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    // Some tools make folders read-only (Go's module cache), and files cannot be deleted from those.
    const code = errorCode(error);
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    await makeWritable(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}
