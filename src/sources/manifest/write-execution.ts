import { errorCode } from '../../core/base/error-code.js';
import { constants } from 'node:fs';
import { lstat, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { sameExceptExecution } from '../../core/plan/execution-diff.js';
import { failpoint } from '../../core/base/failpoint.js';
import { setJsonKey } from '../../core/base/json-edit.js';
import type { IntegrationBlock } from '../../core/report/integration.js';
import type { CriticalSection } from '../../core/base/lease.js';
import type { ExecutionBlock } from '../../core/report/manifest-execution.js';
import { MANIFEST_DRAFT } from '../../core/plan/manifest-source.js';

/**
 * Writes the `execution` block into a manifest and leaves every other byte unchanged: reads it again, edits and renames
 * it under `guard`. Throws O8Error `refused` if the manifest is missing, a link, or no longer a JSON object.
 */
export async function writeExecution(
  manifestPath: string,
  block: ExecutionBlock,
  guard: CriticalSection,
): Promise<void> {
  await writeBlock(manifestPath, 'execution', block, guard);
}

/** The same for the results of `o8 integrate`. */
export async function writeIntegration(
  manifestPath: string,
  block: IntegrationBlock,
  guard: CriticalSection,
): Promise<void> {
  await writeBlock(manifestPath, 'integration', block, guard);
}

async function writeBlock(
  manifestPath: string,
  key: 'execution' | 'integration',
  block: object,
  guard: CriticalSection,
): Promise<void> {
  await guard(async () => {
    const { text, mode } = await readManifest(manifestPath);
    // Comparing the text with itself checks that it is a JSON object that can be edited.
    if (!sameExceptExecution(text, text)) throw refusal(manifestPath, 'it is not a JSON object');
    const edited = setJsonKey(text, key, block);
    if (edited === text) return;
    if (!sameExceptExecution(text, edited))
      throw new Error(`editing ${manifestPath} would have changed more than ${key}`);
    await replace(manifestPath, edited, mode);
  });
}

async function readManifest(path: string): Promise<{ text: string; mode: number }> {
  try {
    const stats = await lstat(path);
    if (!stats.isFile()) throw refusal(path, 'it is not a regular file');
    return { text: await readFile(path, 'utf8'), mode: stats.mode & 0o777 };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw refusal(path, 'it no longer exists');
    throw error;
  }
}

async function replace(path: string, text: string, mode: number): Promise<void> {
  const draft = join(dirname(path), MANIFEST_DRAFT);
  await rm(draft, { force: true });
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
  try {
    await file.chmod(mode); // the umask removed permission bits
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  failpoint('manifest.write.before');
  await rename(draft, path);
  failpoint('manifest.write.after');
}

function refusal(path: string, why: string): O8Error {
  return new O8Error(
    'refused',
    `The execution block of ${path} could not be written: ${why}.`,
    `git checkout -- ${path}`,
  );
}
