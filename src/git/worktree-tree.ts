import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from './execute.js';
import { gitDirOf, type WorktreeInspection } from './worktree-inspection.js';

/**
 * The tree of everything in a worktree that is not ignored, committed or not, made with a copy of its index: neither
 * the agent's index nor its files change. `exclude`: paths that stay as HEAD has them.
 */
export async function treeOfEverything(
  path: string,
  found: WorktreeInspection,
  exclude: readonly string[] = [],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-index-'));
  try {
    const index = join(folder, 'index');
    const env = { GIT_INDEX_FILE: index };
    const current = join(await gitDirOf(path), 'index');
    // A copy knows which files are unchanged; an index from HEAD would have every file read again.
    if (existsSync(current)) await copyIndex(current, index);
    else if (found.head !== null) await git(['read-tree', found.head], { cwd: path, env });
    await addEverything(path, found, env);
    if (exclude.length > 0 && found.head !== null) await restoreFromHead(path, exclude, env);
    return (await git(['write-tree'], { cwd: path, env })).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * git takes a file for unchanged that has the size and the second of change that the index knows, unless the index is
 * not younger than that: a copy has to be as old as the original, or an edit in the same second would be lost.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  const { mtimeMs } = await stat(from); // before the copy: an index that is replaced meanwhile only looks older
  await copyFile(from, to);
  const second = Math.floor(mtimeMs / 1000);
  await utimes(to, second, second);
}

/** A repository without a commit inside the worktree would fail the whole `add`. */
export async function addEverything(
  path: string,
  found: WorktreeInspection,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const without = found.nestedRepositories.map((nested) => `:(top,exclude,literal)${nested}`);
  // A copy of an index that is split would write its shared part beside the real one.
  await git(['-c', 'core.splitIndex=false', 'add', '--all', '--', ':/', ...without], { cwd: path, env });
}

/** Takes paths out of what was added. Done afterwards: git fails on an excluded path that is ignored as well. */
export async function restoreFromHead(
  path: string,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await git(['--literal-pathspecs', 'reset', '--quiet', '--', ...paths], { cwd: path, env });
}
