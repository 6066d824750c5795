import { nullIfMissing } from '../../core/base/error-code.js';
import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readStatus, type StatusEntry } from '../door/status.js';
import { readDifferences, type Difference } from '../diff/tree-difference.js';

const NOTHING = '000000';
const SUBMODULE = '160000';

/**
 * Paths in a checkout of `from` that prevent a fast-forward to `to`: changed, staged or unmerged files where the two
 * commits differ, and untracked or ignored files that would be overwritten. These are git's rules (`git help
 * read-tree`, two tree merge), checked beforehand because git reports the paths only in prose.
 */
export async function findBlockingPaths(checkout: string, from: string, to: string): Promise<string[]> {
  const differences = await readDifferences(checkout, from, to);
  const byPath = new Map(differences.map((difference) => [difference.path, difference]));
  const blocking = new Set<string>();
  const inIndex = new Set<string>();
  const { entries } = await readStatus(checkout);
  for (const entry of entries) {
    // git refuses to move a checkout that has an unmerged file, whatever the target commit
    if (entry.kind === 'unmerged') blocking.add(entry.path);
    if (entry.kind !== 'tracked') continue;
    if (entry.indexMode !== NOTHING) inIndex.add(entry.path);
    const difference = byPath.get(entry.path);
    if (difference !== undefined && isInTheWay(entry, difference)) blocking.add(entry.path);
  }
  const leaving = new Set(differences.filter(({ newMode }) => newMode === NOTHING).map(({ path }) => path));
  for (const { path, oldMode, newMode } of differences) {
    if (newMode === NOTHING || newMode === SUBMODULE || blocking.has(path) || inIndex.has(path)) continue;
    for (const found of await untrackedAt(checkout, path, oldMode === NOTHING, leaving)) blocking.add(found);
  }
  return [...blocking].sort((a, b) => (a < b ? -1 : 1));
}

/**
 * git leaves a file alone, modified or not, when its index entry already equals the new version. Deleting a file that
 * the user has deleted too loses nothing.
 */
function isInTheWay(entry: StatusEntry, { newMode, newId }: Difference): boolean {
  if (newMode === NOTHING && entry.worktreeMode === NOTHING && !entry.staged) return false;
  const arrived = entry.indexMode === newMode && (newMode === NOTHING || entry.indexId === newId);
  return !arrived && (entry.staged || entry.unstaged);
}

/**
 * Untracked files where `path` will be written: at the path, above it, or below it where a folder has the same name.
 */
async function untrackedAt(
  checkout: string,
  path: string,
  isNew: boolean,
  leaving: ReadonlySet<string>,
): Promise<string[]> {
  const names = path.split('/');
  for (let depth = 1; depth < names.length; depth += 1) {
    const above = names.slice(0, depth).join('/');
    const stats = await lstat(join(checkout, above)).catch(nullIfMissing);
    if (stats === null) return [];
    if (!stats.isDirectory()) return leaving.has(above) ? [] : [above];
  }
  if (!isNew) return [];
  const stats = await lstat(join(checkout, path)).catch(nullIfMissing);
  if (stats === null) return [];
  if (stats.isDirectory()) return (await filesBelow(checkout, path)).filter((file) => !leaving.has(file));
  return (await isRenamedOnlyInCase(checkout, path, stats, leaving)) ? [] : [path];
}

/** On a case-insensitive file system, the existing file may be the tracked one that is being deleted. */
async function isRenamedOnlyInCase(
  checkout: string,
  path: string,
  stats: Stats,
  leaving: ReadonlySet<string>,
): Promise<boolean> {
  const folded = path.toLowerCase();
  for (const other of leaving) {
    if (other.toLowerCase() !== folded) continue;
    const its = await lstat(join(checkout, other)).catch(nullIfMissing);
    if (its !== null && its.ino === stats.ino && its.dev === stats.dev) return true;
  }
  return false;
}

async function filesBelow(checkout: string, folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(checkout, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    // a nested repository is reported as one path, not as its many files
    if (entry.name === '.git') return [`${folder}/`];
    if (entry.isDirectory()) files.push(...(await filesBelow(checkout, path)));
    else files.push(path);
  }
  return files;
}
