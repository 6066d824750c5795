import { errorCode } from '../../core/base/error-code.js';
import { constants, type Stats } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Plan files are written by people and models; a larger file is a mistake or an attack. */
const FILE_SIZE_LIMIT = 1_048_576;

export type PathOutcome = { readonly kind: 'inside'; readonly path: string } | { readonly kind: 'missing' } | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly problem: string;
  readonly fix: string;
}

export type FileOutcome =
  { readonly kind: 'text'; readonly path: string; readonly text: string } | { readonly kind: 'missing' } | Refused;

const LEAVES: Refused = {
  kind: 'refused',
  problem: 'leads out of the repository or into .git',
  fix: 'Use a file or folder inside the repository.',
};

/**
 * The real path of an existing file or folder in the repository. Links are followed, but must not lead out of it or
 * into `.git`. `root` is absolute and real.
 */
export async function resolveInside(root: string, path: string): Promise<PathOutcome> {
  const real = await realpathOrNull(path);
  if (real === null) return isWithin(root, resolve(path)) ? { kind: 'missing' } : LEAVES;
  return isWithin(root, real) && !isInGitFolder(root, real) ? { kind: 'inside', path: real } : LEAVES;
}

/** The same for a path that may not exist yet: the existing part is checked. */
export async function resolvePlannedInside(root: string, path: string): Promise<PathOutcome> {
  const wanted = resolve(path);
  let existing = wanted;
  let real = await realpathOrNull(existing);
  while (real === null && dirname(existing) !== existing) {
    existing = dirname(existing);
    real = await realpathOrNull(existing);
  }
  const planned = join(real ?? existing, relative(existing, wanted));
  return isWithin(root, planned) && !isInGitFolder(root, planned) ? { kind: 'inside', path: planned } : LEAVES;
}

/** The text of a regular file in the repository, at most 1 MB of UTF-8. */
export async function readTextInside(root: string, path: string): Promise<FileOutcome> {
  const resolved = await resolveInside(root, path);
  if (resolved.kind !== 'inside') return resolved;
  let file: FileHandle;
  try {
    // A link that replaced the checked file is not followed; opening a pipe does not wait for its writer.
    file = await open(resolved.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return unreadable(error);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: 'refused', problem: 'is not a regular file', fix: 'Put a text file there.' };
    if (stats.size > FILE_SIZE_LIMIT) return tooLarge(stats.size);
    // Between the check and the open, a folder of the path may have been replaced by a link: check again.
    if (!(await isStillThere(root, resolved.path, stats))) return LEAVES;
    return await decode(file, stats.size, resolved.path);
  } finally {
    await file.close();
  }
}

async function decode(file: FileHandle, size: number, path: string): Promise<FileOutcome> {
  const buffer = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(buffer, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
    return { kind: 'text', path, text };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { kind: 'refused', problem: 'is not UTF-8 text', fix: 'Save it as UTF-8.' };
  }
}

async function isStillThere(root: string, path: string, opened: Stats): Promise<boolean> {
  if ((await realpathOrNull(path)) !== path || !isWithin(root, path)) return false;
  const now = await lstat(path);
  return now.ino === opened.ino && now.dev === opened.dev;
}

async function realpathOrNull(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    // Also a loop of links, a name that is too long, or a folder without access: not usable in a plan.
    if (errorCode(error) !== null) return null;
    throw error;
  }
}

export function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Files in `.git` may contain credentials and cannot be part of a plan; macOS ignores the case of names. */
function isInGitFolder(root: string, path: string): boolean {
  return relative(root, path)
    .split(sep)
    .some((part) => part.toLowerCase() === '.git');
}

function tooLarge(size: number): FileOutcome {
  const megabytes = (size / FILE_SIZE_LIMIT).toFixed(1);
  return { kind: 'refused', problem: `is ${megabytes} MB in size`, fix: 'Keep it under 1 MB.' };
}

function unreadable(error: unknown): FileOutcome {
  const code = errorCode(error);
  if (code === null) throw error;
  if (code === 'ENOENT') return { kind: 'missing' };
  return { kind: 'refused', problem: `cannot be read (${code})`, fix: 'Make it a readable text file.' };
}
