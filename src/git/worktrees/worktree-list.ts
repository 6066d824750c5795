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
  /** Null when HEAD is detached. */
  readonly branch: string | null;
  readonly locked: boolean;
  /** Its folder is gone. */
  readonly prunable: boolean;
}

const TRIES = 5; // the list fails while somebody else's `worktree add` has written half of its files
const PAUSE_MS = 20; // such an add is that far on within some 10 ms

/** Every checkout of the repository, the main one first. */
export async function listWorktrees(repo: Repository): Promise<WorktreeEntry[]> {
  // -z came with 2.36; without it a path with a newline in it is not told apart, which older users have to accept
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

/** git derives the path of the main checkout from the common folder it was given. */
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

/** A path as git records it: real, also where its last part does not exist. */
export async function recordedPath(path: string): Promise<string> {
  if (existsSync(path)) return realpath(path);
  const parent = dirname(path);
  return parent === path ? path : join(await recordedPath(parent), basename(path));
}

export async function findWorktree(repo: Repository, path: string): Promise<WorktreeEntry | null> {
  const wanted = await recordedPath(path);
  return (await listWorktrees(repo)).find((entry) => entry.path === wanted) ?? null;
}

/** Git's own folder for a linked worktree, found from the shared side, so also when the worktree is damaged. */
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

/** `locked` and `prunable` are in the list since 2.31; before, they are read where git keeps them. */
async function withAttributes(repo: Repository, entries: WorktreeEntry[]): Promise<WorktreeEntry[]> {
  const folders = await administrativeFolders(repo);
  return entries.map((entry) => {
    const found = folders.find((folder) => folder.path === entry.path);
    if (found === undefined) return entry;
    const locked = existsSync(join(found.folder, 'locked'));
    return { ...entry, locked, prunable: !locked && !existsSync(join(entry.path, '.git')) };
  });
}

/** Git's own folder of each linked worktree, with the path the worktree has. */
export async function administrativeFolders(repo: Repository): Promise<{ folder: string; path: string }[]> {
  const all = join(repo.commonDir, 'worktrees');
  if (!existsSync(all)) return [];
  const folders: { folder: string; path: string }[] = [];
  for (const name of await readdir(all)) {
    const folder = join(all, name);
    const gitFile = await readIfThere(join(folder, 'gitdir'));
    if (gitFile === null) continue; // half made or half removed
    const path = dirname(gitFile.replace(/\n$/, ''));
    folders.push({ folder, path: isAbsolute(path) ? path : join(folder, path) });
  }
  return folders;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
