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
const remembered = new Map<string, { readonly found: RepositoryContext; readonly until: number }>();

/** The same for callers that only read and ask repeatedly: looked up every five seconds, as it takes four git processes. */
export async function openContextToRead({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const known = remembered.get(cwd);
  if (known !== undefined && performance.now() < known.until) return known.found;
  const found = await openToRead(cwd);
  remembered.set(cwd, { found, until: performance.now() + REMEMBERED_MS });
  return found;
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
