import { homeCheckout } from '../../git/worktrees/own-worktree.js';
import { openRepository, type Repository } from '../../git/door/repository.js';
import { O8Error } from '../../core/base/errors.js';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listWorktrees } from '../../git/worktrees/worktrees.js';
import { PRIVATE_FILE } from '../../store/files/atomic-file.js';
import { checkoutPaths, runHome, type RunHome } from '../../store/files/paths.js';
import type { ToolContext } from './define-tool.js';
import { askTakeOver } from './ask-take-over.js';

export interface RepositoryContext {
  readonly repo: Repository;
  /** What paths are relative to: the top of the checkout the caller is in. */
  readonly root: string;
  readonly home: RunHome;
}

/** The repository of the caller's folder; of the run where the caller stands in one of its worktrees. Throws O8Error `not_a_repository`. */
export async function openContext({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const repo = await homeCheckout(await openRepository(cwd));
  const home = runHome(repo);
  if (!repo.bare) await askTakeOver(repo, repo.root);
  if (!existsSync(lookedNote(home))) await takeOverOthers(repo, home);
  return { repo, root: repo.root, home };
}

/** Who follows a run asks several times a second, and a repository does not move. */
const REMEMBERED_MS = 5000;
const remembered = new Map<string, { readonly found: RepositoryContext; readonly until: number }>();

/** The same for who only reads and asks again and again: looked up once in five seconds (four git processes). */
export async function openContextToRead({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const known = remembered.get(cwd);
  if (known !== undefined && performance.now() < known.until) return known.found;
  const found = await openToRead(cwd);
  remembered.set(cwd, { found, until: performance.now() + REMEMBERED_MS });
  return found;
}

/** A run that a supervisor of an earlier version still owns is read where that one keeps it. */
async function openToRead(cwd: string): Promise<RepositoryContext> {
  try {
    return await openContext({ cwd });
  } catch (error) {
    if (!(error instanceof O8Error) || !isOwned(error)) throw error;
    const repo = await homeCheckout(await openRepository(cwd));
    return { repo, root: repo.root, home: checkoutPaths(repo.root).oldHome };
  }
}

/** Says that the other checkouts were looked at: a look that was killed is repeated. */
function lookedNote({ folder }: RunHome): string {
  return join(folder, 'other-checkouts-looked-at');
}

/** The first time in a repository: earlier versions kept the runs of each checkout apart. */
async function takeOverOthers(repo: Repository, home: RunHome): Promise<void> {
  for (const { path } of await listWorktrees(repo)) {
    if (path === repo.root) continue;
    try {
      await askTakeOver(repo, path);
    } catch (error) {
      // Somebody works there: a new run is refused because of it, and everything else does not mind.
      if (!(error instanceof O8Error)) throw error;
    }
  }
  if (!existsSync(home.folder)) return;
  // Not written (a git folder that can only be read): looked at again the next time.
  await writeFile(lookedNote(home), '', { mode: PRIVATE_FILE }).catch(() => undefined);
}

function isOwned({ code }: O8Error): boolean {
  return code === 'locked' || code === 'lock_unknown';
}
