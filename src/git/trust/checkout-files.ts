import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { RepositoryFile, WantedFiles } from '../../core/trust/files.js';
import { MOST_SHOWN_BYTES, unshownText } from './committed-files.js';

/** There are a few dozen definition files; a larger folder is refused. */
const MOST_FILES = 5_000;

/** The requested files in a checkout, tracked or not, in the format of `readCommittedFiles`. */
export async function readCheckoutFiles(root: string, wanted: WantedFiles): Promise<RepositoryFile[]> {
  const top = await realpath(root);
  const found: RepositoryFile[] = [];
  for (const path of wanted.files) found.push(...(await fileAt(top, path)));
  for (const folder of wanted.folders) await readFolder(top, folder, found, new Set());
  const paths = new Map(found.map((file) => [file.path, file]));
  return [...paths.values()];
}

async function fileAt(top: string, path: string): Promise<RepositoryFile[]> {
  const place = await placeOf(top, path);
  switch (place.kind) {
    case 'inside':
      return place.isFile ? [{ kind: 'file', path, text: await textOf(place.path) }] : [];
    case 'outside':
      return [{ kind: 'link', path, target: place.target }];
    case 'nothing':
      return [];
  }
}

async function readFolder(top: string, path: string, found: RepositoryFile[], seen: Set<string>): Promise<void> {
  const place = await placeOf(top, path);
  if (place.kind === 'outside') found.push({ kind: 'link', path, target: place.target });
  if (place.kind !== 'inside' || place.isFile || seen.has(place.path)) return;
  seen.add(place.path); // links may form a cycle
  for (const name of await readdir(place.path)) {
    if (found.length > MOST_FILES) throw new Error(`${path} has more than ${String(MOST_FILES)} files`);
    const inner = `${path}/${name}`;
    const files = await fileAt(top, inner);
    if (files.length > 0) found.push(...files);
    else await readFolder(top, inner, found, seen);
  }
}

type Place =
  | { readonly kind: 'inside'; readonly path: string; readonly isFile: boolean }
  | { readonly kind: 'outside'; readonly target: string }
  | { readonly kind: 'nothing' };

async function placeOf(top: string, path: string): Promise<Place> {
  const place = join(top, path);
  try {
    const real = await realpath(place);
    const way = relative(top, real);
    if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return { kind: 'outside', target: real };
    const stats = await lstat(real);
    return stats.isFile() || stats.isDirectory()
      ? { kind: 'inside', path: real, isFile: stats.isFile() }
      : { kind: 'nothing' };
  } catch {
    // Missing, or a broken link whose target may be created later.
    return readlink(place).then(
      (target) => ({ kind: 'outside', target }),
      () => ({ kind: 'nothing' }),
    );
  }
}

async function textOf(path: string): Promise<string> {
  const content = await readFile(path);
  if (content.length <= MOST_SHOWN_BYTES && !content.includes(0)) return content.toString('utf8');
  const id = createHash('sha1')
    .update(`blob ${String(content.length)}\0`)
    .update(content)
    .digest('hex');
  return unshownText(id);
}
