import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../door/execute.js';
import { indexRawContent } from './raw-content.js';
import { gitDirOf, type WorktreeInspection } from './worktree-inspection.js';

/**
 * The tree of all files in a worktree that are not ignored, committed or not, made with a copy of its index: the
 * agent's index and files do not change. `exclude`: paths that keep their version from HEAD.
 */
export async function treeOfEverything(
  path: string,
  found: WorktreeInspection,
  exclude: readonly string[] = [],
): Promise<string> {
  return withOwnIndex(path, found, async (env) => {
    await addEverything(path, found, env);
    if (exclude.length > 0 && found.head !== null) await restoreFromHead(path, exclude, env);
  });
}

/**
 * The same with ignored files (`also`) and files git does not compare, even if a filter fails, so that a rescue is
 * complete.
 */
export async function treeOfAll(path: string, found: WorktreeInspection, also: readonly string[]): Promise<string> {
  const rest = [...found.unwatched, ...also];
  try {
    return await withOwnIndex(path, found, async (env) => {
      await watchAgain(path, found.unwatched, env);
      await addEverything(path, found, env);
      await indexRawContent(path, also, env);
    });
  } catch (error) {
    // A filter fails, or git cannot hash a file with it: stores the bytes as they are.
    const files = found.changes.map((change) => change.path).filter((file) => !file.endsWith('/'));
    const nested = new Set(found.nestedRepositories);
    const raw = [...new Set([...files.filter((file) => !nested.has(file)), ...rest])];
    if (raw.length === 0) throw error;
    return withOwnIndex(path, found, async (env) => indexRawContent(path, raw, env));
  }
}

/** The staged content as a tree; null if the index contains a conflict. */
export async function treeOfStaged(path: string, found: WorktreeInspection): Promise<string | null> {
  if (found.operation !== null) return null;
  return withOwnIndex(path, found, () => Promise.resolve());
}

async function withOwnIndex(
  path: string,
  found: WorktreeInspection,
  change: (env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-index-'));
  try {
    const index = join(folder, 'index');
    const env = { GIT_INDEX_FILE: index };
    const current = join(await gitDirOf(path), 'index');
    // A copy knows which files are unchanged; with a new index git would read every file again.
    if (existsSync(current)) await copyIndex(current, index);
    else if (found.head !== null) await git(['read-tree', found.head], { cwd: path, env });
    await change(env);
    return (await git(['write-tree'], { cwd: path, env })).trim();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * git treats a file as unchanged if its size and modification second match the index and the index is newer. The copy
 * needs the original's time, or an edit in the same second would be lost.
 */
async function copyIndex(from: string, to: string): Promise<void> {
  const { mtimeMs } = await stat(from); // before the copy: an index that is replaced meanwhile only looks older
  await copyFile(from, to);
  const second = Math.floor(mtimeMs / 1000);
  await utimes(to, second, second);
}

/**
 * In a separate index, makes git compare these files like any other. Two calls, because git accepts one flag at a time.
 */
async function watchAgain(
  path: string,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  if (files.length === 0) return;
  const input = files.map((file) => `${file}\0`).join('');
  await git(['update-index', '--no-assume-unchanged', '-z', '--stdin'], { cwd: path, env, input });
  await git(['update-index', '--no-skip-worktree', '-z', '--stdin'], { cwd: path, env, input });
}

/** A nested repository without a commit makes the whole `add` fail. */
export async function addEverything(
  path: string,
  found: WorktreeInspection,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const without = found.nestedRepositories.map((nested) => `:(top,exclude,literal)${nested}`);
  // A copy of a split index would write its shared part beside the real one. In a sparse checkout, `add` refuses paths
  // outside of it.
  await git(
    ['-c', 'core.splitIndex=false', '-c', 'core.sparseCheckout=false', 'add', '--all', '--', ':/', ...without],
    { cwd: path, env },
  );
}

/** Removes paths from the index after adding: git fails on an excluded path that is also ignored. */
export async function restoreFromHead(
  path: string,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await git(['--literal-pathspecs', 'reset', '--quiet', '--', ...paths], { cwd: path, env });
}
