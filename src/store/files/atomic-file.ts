import { errorCode } from '../../core/base/error-code.js';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type * as z from 'zod';
import { O8Error } from '../../core/base/errors.js';
import { storedRecord } from '../../core/input/stored-record.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { failpoint } from '../../core/base/failpoint.js';
import { writeError } from './system-error.js';

/** Prompts, output and plans can contain private data, so only the user can read o8's files. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** `synced` survives a power cut; `cached` survives the end of the process and needs no disk flush. */
export type Durability = 'synced' | 'cached';

/** Creates the folder and its parents with mode 0700. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
  } catch (error) {
    throw writeError(error, path);
  }
}

/**
 * Replaces a whole file (temporary file, fsync, rename, fsync of the folder), mode 0600; readers see the old or the new
 * text. Throws O8Error `disk_full` and keeps the old file. Not write-file-atomic, which treats a short write on a full
 * disk as success, follows a symbolic link at the target, and does not flush the folder.
 */
export async function writeFileAtomically(
  path: string,
  text: string,
  durability: Durability = 'synced',
): Promise<void> {
  await withTemporary(path, text, durability, async (temporary) => {
    failpoint('file.replace.before');
    await rename(temporary, path);
    failpoint('file.replace.after');
    if (durability === 'synced') await syncFolder(dirname(path));
  });
}

/**
 * Publishes a complete, durable file only if the name is free: with link(2) exactly one process succeeds. False if the
 * name was taken.
 */
export async function publishOnce(path: string, text: string): Promise<boolean> {
  return withTemporary(path, text, 'synced', async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
    await syncFolder(dirname(path));
    return true;
  });
}

/**
 * A JSON file validated by `schema`, of at most `maxBytes`; null only if the file does not exist. A damaged file, or
 * anything else with that name, is an O8Error that names it.
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>, maxBytes = Infinity): Promise<T | null> {
  const text = await readRegularFile(path, maxBytes);
  return text === null ? null : storedRecord(path, text, schema);
}

/**
 * Text of a regular file of at most `maxBytes`, null if it does not exist. Other kinds are refused, because reading a
 * device could block or never end.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<string | null> {
  const file = await openOrNull(path);
  if (file === null) return null;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new O8Error('refused', `${path} is not a regular file.`, `ls -ld ${shellQuote(path)}`);
    if (stats.size > maxBytes) {
      throw new O8Error(
        'refused',
        `${path} has ${stats.size} bytes; at most ${maxBytes} are read.`,
        `head -c 300 ${shellQuote(path)}`,
      );
    }
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Makes renames and links in the folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function withTemporary<T>(
  path: string,
  text: string,
  durability: Durability,
  use: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await makePrivateFolder(dirname(path));
    const file = await open(temporary, 'wx', PRIVATE_FILE);
    try {
      await file.writeFile(text);
      if (durability === 'synced') await file.sync();
    } finally {
      await file.close();
    }
    return await use(temporary);
  } catch (error) {
    throw writeError(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function openOrNull(path: string) {
  try {
    // O_NONBLOCK: opening a named pipe would otherwise wait for a writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
