import { homeCheckout } from '../../git/worktrees/own-worktree.js';
import { openRepository, type Repository } from '../../git/door/repository.js';
import { O8Error } from '../../core/base/errors.js';
import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listWorktrees } from '../../git/worktrees/worktrees.js';
import { PRIVATE_FILE } from '../../store/files/atomic-file.js';
import { checkoutPaths, homePaths, runHome, type RunHome } from '../../store/files/paths.js';
import type { ToolContext } from './define-tool.js';
import { askTakeOver } from './ask-take-over.js';

export interface RepositoryContext {
  readonly repo: Repository;
  /** The top folder of the checkout; paths in answers are relative to it. */
  readonly root: string;
  readonly home: RunHome;
}

/** The repository that contains `cwd`; from a task's worktree, the checkout that started the run. Throws O8Error `not_a_repository`. */
export async function openContext({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const repo = await homeCheckout(await openRepository(cwd));
  const home = runHome(repo);
  if (!repo.bare) await askTakeOver(repo, repo.root);
  if (!existsSync(lookedNote(home))) await takeOverOthers(repo, home);
  return { repo, root: repo.root, home };
}

/** A caller that follows a run asks several times a second. */
const REMEMBERED_MS = 5000;

interface Remembered {
  readonly found: RepositoryContext;
  /** `whereabouts` when it was found; null if that does not say everything. */
  readonly where: string | null;
  readonly until: number;
}

const remembered = new Map<string, Remembered>();

/**
 * The same for callers that only read and ask repeatedly: it takes four git processes, so what they said holds as long
 * as the files that they read are the same, at least for five seconds.
 */
export async function openContextToRead({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const known = remembered.get(cwd);
  if (known !== undefined) {
    const isSame = known.where !== null && known.where === whereabouts(cwd, known.found);
    if (isSame || performance.now() < known.until) return known.found;
  }
  const found = await openToRead(cwd);
  const where = whereabouts(cwd, found);
  remembered.set(cwd, { found, where, until: performance.now() + REMEMBERED_MS });
  return found;
}

/**
 * What decides to which repository a folder belongs, and whether runs of an earlier version are in it: each `.git` from
 * there up to the top of the checkout, the settings of the repository and the old folder of runs. Null from elsewhere,
 * such as the worktree of a task.
 */
function whereabouts(cwd: string, { repo, root }: RepositoryContext): string | null {
  const folders: string[] = [];
  for (let folder = cwd; folder !== root; folder = dirname(folder)) {
    if (folder === dirname(folder)) return null;
    folders.push(folder);
  }
  const decisive = [
    ...[...folders, root].map((folder) => join(folder, '.git')),
    repo.gitDir,
    join(repo.commonDir, 'config'),
    join(repo.gitDir, 'config.worktree'),
    dirname(homePaths(checkoutPaths(root).oldHome).runsDir),
  ];
  return decisive.map(identityOf).join(' ');
}

/** Changes in a git folder or in the old folder of runs do not make it another one; in a file they do. */
function identityOf(path: string): string {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return '-';
    const { dev, ino, size, mtimeMs } = found;
    return found.isDirectory() ? `${String(dev)}:${String(ino)}` : [dev, ino, size, mtimeMs].join(':');
  } catch {
    return '?';
  }
}

/** While a supervisor of an earlier version is running, its run is read from the folder of that version. */
async function openToRead(cwd: string): Promise<RepositoryContext> {
  try {
    return await openContext({ cwd });
  } catch (error) {
    if (!(error instanceof O8Error) || !isOwned(error)) throw error;
    const repo = await homeCheckout(await openRepository(cwd));
    return { repo, root: repo.root, home: checkoutPaths(repo.root).oldHome };
  }
}

/** This file exists once the other checkouts were searched for runs. */
function lookedNote({ folder }: RunHome): string {
  return join(folder, 'other-checkouts-looked-at');
}

/** On first use in a repository: earlier versions kept the runs of each checkout in that checkout. */
async function takeOverOthers(repo: Repository, home: RunHome): Promise<void> {
  for (const { path } of await listWorktrees(repo)) {
    if (path === repo.root) continue;
    try {
      await askTakeOver(repo, path);
    } catch (error) {
      // A supervisor of an earlier version is running there. That refuses only a new run.
      if (!(error instanceof O8Error)) throw error;
    }
  }
  if (!existsSync(home.folder)) return;
  // If it cannot be written (read-only git folder), the search is repeated next time.
  await writeFile(lookedNote(home), '', { mode: PRIVATE_FILE }).catch(() => undefined);
}

function isOwned({ code }: O8Error): boolean {
  return code === 'locked' || code === 'lock_unknown';
}
