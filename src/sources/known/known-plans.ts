import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Enough for real repositories; further names are not suggested. */
const MOST_NAMES = 500;

/** Folders with a manifest.json among the children of these folders (relative to `root`), as paths relative to it. */
export async function planFolders(root: string, parents: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const parent of new Set(parents)) {
    for (const name of await childFolders(join(root, parent))) {
      const folder = join(parent, name);
      if (existsSync(join(root, folder, 'manifest.json'))) found.add(folder);
    }
  }
  return [...found].sort();
}

/** The features that have a folder, by slug. `featuresDir` is absolute. */
export async function featureSlugs(featuresDir: string): Promise<string[]> {
  const names = await childFolders(featuresDir);
  return names.flatMap((name) => (name.startsWith('feature_') ? [name.slice('feature_'.length)] : []));
}

/** An unreadable folder has no children to suggest. */
async function childFolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .slice(0, MOST_NAMES)
    .map(({ name }) => name);
}
