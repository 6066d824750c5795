import { nullIfMissing } from '../../core/base/error-code.js';
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gitClient } from '../door/client.js';
import { realCommonFolder } from '../settings/pin.js';
import { mainCheckout } from '../door/main-checkout.js';
import { isAtLeast, type Repository } from '../door/repository.js';

export interface WorktreeEntry {
  readonly path: string;
  /** Null for a bare repository and an unborn branch. */
  readonly head: string | null;
  /** Null if HEAD is detached. */
  readonly branch: string | null;
  readonly locked: boolean;
  /** Its folder is gone. */
  readonly prunable: boolean;
}

const TRIES = 5; // the list fails while another `worktree add` has written only some of its files
const PAUSE_MS = 20; // another `worktree add` needs about 10 ms for this

/** Every checkout of the repository, the main one first. */
export async function listWorktrees(repo: Repository): Promise<WorktreeEntry[]> {
  // -z exists since 2.36; an older git cannot list a path with a newline correctly
  const withNul = isAtLeast(repo.version, 2, 36);
  const args = ['worktree', 'list', '--porcelain', ...(withNul ? ['-z'] : [])];
  const client = gitClient(repo.commonDir);
  for (let tries = 1; ; tries += 1) {
    try {
      const listed = parse(await client.read(args), withNul ? '\0' : '\n').map((entry) => realPath(entry));
      const entries = await withMainCheckout(repo, listed);
      return isAtLeast(repo.version, 2, 31) ? entries : await withAttributes(repo, entries);
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(PAUSE_MS);
    }
  }
}

/** git derives the path of the main checkout from the given common folder. */
function realPath(entry: WorktreeEntry): WorktreeEntry {
  const real = realCommonFolder(entry.path);
  return real === entry.path ? entry : { ...entry, path: basename(real) === '.git' ? dirname(real) : real };
}

/** The first entry is the main checkout, unless the repository is bare. */
async function withMainCheckout(repo: Repository, [first, ...linked]: WorktreeEntry[]): Promise<WorktreeEntry[]> {
  if (first === undefined) return [];
  const isBare = first.head === null && first.branch === null;
  if (isBare || (await pointsTo(first.path, repo.commonDir))) return [first, ...linked];
  return [{ ...first, path: (await mainCheckout(repo)) ?? first.path }, ...linked];
}

async function pointsTo(checkout: string, commonDir: string): Promise<boolean> {
  const path = join(checkout, '.git');
  return existsSync(path) && (await realpath(path)) === commonDir;
}

/** A path as git records it: resolved, even if its last part does not exist. */
export async function recordedPath(path: string): Promise<string> {
  if (existsSync(path)) return realpath(path);
  const parent = dirname(path);
  return parent === path ? path : join(await recordedPath(parent), basename(path));
}

export async function findWorktree(repo: Repository, path: string): Promise<WorktreeEntry | null> {
  const wanted = await recordedPath(path);
  return (await listWorktrees(repo)).find((entry) => entry.path === wanted) ?? null;
}

/** Git's own folder for a linked worktree, found through the common folder, so that it works for a damaged worktree. */
export async function administrativeFolder(repo: Repository, worktree: string): Promise<string | null> {
  const folders = await administrativeFolders(repo);
  return folders.find((folder) => folder.path === worktree)?.folder ?? null;
}

function parse(output: string, end: '\0' | '\n'): WorktreeEntry[] {
  return output
    .split(end + end)
    .filter((record) => record !== '')
    .map((record) => {
      const lines = record.split(end);
      const value = (key: string): string | null =>
        lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? null;
      const has = (key: string): boolean => lines.some((line) => line === key || line.startsWith(`${key} `));
      const head = value('HEAD');
      return {
        path: value('worktree') ?? '',
        head: head === null || /^0+$/.test(head) ? null : head,
        branch: value('branch')?.replace(/^refs\/heads\//, '') ?? null,
        locked: has('locked'),
        prunable: has('prunable'),
      };
    });
}

/** The list contains `locked` and `prunable` since 2.31; for an older git they are read from git's files. */
async function withAttributes(repo: Repository, entries: WorktreeEntry[]): Promise<WorktreeEntry[]> {
  const folders = await administrativeFolders(repo);
  return entries.map((entry) => {
    const found = folders.find((folder) => folder.path === entry.path);
    if (found === undefined) return entry;
    const locked = existsSync(join(found.folder, 'locked'));
    return { ...entry, locked, prunable: !locked && !existsSync(join(entry.path, '.git')) };
  });
}

/** Git's own folder for each linked worktree, with the worktree's path. */
export async function administrativeFolders(repo: Repository): Promise<{ folder: string; path: string }[]> {
  const all = join(repo.commonDir, 'worktrees');
  if (!existsSync(all)) return [];
  const folders: { folder: string; path: string }[] = [];
  for (const name of await readdir(all)) {
    const folder = join(all, name);
    const gitFile = await readFile(join(folder, 'gitdir'), 'utf8').catch(nullIfMissing);
    if (gitFile === null) continue; // partly created or removed
    const path = dirname(gitFile.replace(/\n$/, ''));
    folders.push({ folder, path: isAbsolute(path) ? path : join(folder, path) });
  }
  return folders;
}
