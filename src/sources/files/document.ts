import { errorCode, nullIfMissing } from '../../core/base/error-code.js';
import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { generatedOutcome, type GeneratedOutcome } from '../../core/text/generated-text.js';
import { readTextInside, resolvePlannedInside } from './safe-file.js';

// Files of a repository that people read and commit; unlike run files they are not private.
const SCRIPT = 0o755;
const DOCUMENT = 0o644;

/** Text of a document in the repository (absolute path), null if there is none. O8Error `refused` for anything else. */
export async function readDocument(root: string, path: string): Promise<string | null> {
  const outcome = await readTextInside(root, path);
  switch (outcome.kind) {
    case 'text':
      return outcome.text;
    case 'missing':
      return null;
    case 'refused':
      throw refusal(path, outcome.problem, outcome.fix);
  }
}

/**
 * Writes a whole file and its folders; readers see the old or the new text. A link inside the repository is followed;
 * O8Error `refused` for a link that leaves it, or if writing is not permitted. An existing file keeps its mode.
 */
export async function writeDocument(
  root: string,
  path: string,
  text: string,
  kind: 'document' | 'script' = 'document',
): Promise<void> {
  const target = await plannedPlace(root, path);
  await saying(path, async () => {
    await mkdir(dirname(target), { recursive: true });
    const draft = join(dirname(target), `.${basename(target)}.o8`);
    await rm(draft, { force: true }); // left by a writer that was killed
    try {
      await writeFile(draft, text, { flag: 'wx', mode: kind === 'script' ? SCRIPT : DOCUMENT });
      const there = await stat(target).catch(nullIfMissing);
      if (there !== null) await chmod(draft, there.mode & 0o777);
      await rename(draft, target);
    } finally {
      await rm(draft, { force: true });
    }
  });
}

/** Creates a folder in the repository and its parents, for the owner only. O8Error `refused` as above. */
export async function makePrivateFolderInside(root: string, path: string): Promise<void> {
  const target = await plannedPlace(root, path);
  await saying(path, async () => {
    await mkdir(target, { recursive: true, mode: 0o700 });
  });
}

async function plannedPlace(root: string, path: string): Promise<string> {
  const place = await resolvePlannedInside(root, path);
  if (place.kind === 'inside') return place.path;
  throw refusal(path, 'leads out of the repository', 'Replace the link by a folder.');
}

/** A file in place of a folder, or a folder without write permission: the user has to check these. */
async function saying(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    throw refusal(path, `cannot be written (${code})`, `ls -ld ${shellQuote(dirname(path))} ${shellQuote(path)}`);
  }
}

/** Writes a sealed text (core/generated-text.ts) unless the existing file was written or changed by a person. */
export async function writeGenerated(
  root: string,
  path: string,
  text: string,
  kind: 'document' | 'script' = 'document',
): Promise<GeneratedOutcome> {
  const outcome = generatedOutcome(await readDocument(root, path), text);
  if (outcome === 'created' || outcome === 'updated') await writeDocument(root, path, text, kind);
  return outcome;
}

function refusal(path: string, problem: string, fix: string): O8Error {
  return new O8Error('refused', `${path} ${problem}.`, fix);
}
