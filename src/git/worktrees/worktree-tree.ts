import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '../door/execute.js';
import { indexRawContent } from './raw-content.js';
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
  return withOwnIndex(path, found, async (env) => {
    await addEverything(path, found, env);
    if (exclude.length > 0 && found.head !== null) await restoreFromHead(path, exclude, env);
  });
}

/** The same with what is ignored (`also`) or not watched, and whatever its filters say: of what is kept nothing may be missing. */
export async function treeOfAll(path: string, found: WorktreeInspection, also: readonly string[]): Promise<string> {
  const rest = [...found.unwatched, ...also];
  try {
    return await withOwnIndex(path, found, async (env) => {
      await watchAgain(path, found.unwatched, env);
      await addEverything(path, found, env);
      await indexRawContent(path, also, env);
    });
  } catch (error) {
    // A filter that fails, or a file that git cannot hash with it: the bytes as they are.
    const files = found.changes.map((change) => change.path).filter((file) => !file.endsWith('/'));
    const nested = new Set(found.nestedRepositories);
    const raw = [...new Set([...files.filter((file) => !nested.has(file)), ...rest])];
    if (raw.length === 0) throw error;
    return withOwnIndex(path, found, async (env) => indexRawContent(path, raw, env));
  }
}

/** What is staged, as a tree; null while a conflict is in the index. */
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
    // A copy knows which files are unchanged; an index from HEAD would have every file read again.
    if (existsSync(current)) await copyIndex(current, index);
    else if (found.head !== null) await git(['read-tree', found.head], { cwd: path, env });
    await change(env);
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

/** In an index of its own: git looks at these files as at any other. Two calls, since git takes one flag at a time. */
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

/** A repository without a commit inside the worktree would fail the whole `add`. */
export async function addEverything(
  path: string,
  found: WorktreeInspection,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const without = found.nestedRepositories.map((nested) => `:(top,exclude,literal)${nested}`);
  // A copy of an index that is split would write its shared part beside the real one.
  // In a sparse checkout `add` refuses what lies outside of it.
  await git(
    ['-c', 'core.splitIndex=false', '-c', 'core.sparseCheckout=false', 'add', '--all', '--', ':/', ...without],
    { cwd: path, env },
  );
}

/** Takes paths out of what was added. Done afterwards: git fails on an excluded path that is ignored as well. */
export async function restoreFromHead(
  path: string,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await git(['--literal-pathspecs', 'reset', '--quiet', '--', ...paths], { cwd: path, env });
}
