import { homeCheckout } from '../git/own-worktree.js';
import { openRepository, type Repository } from '../git/repository.js';
import { O8Error } from '../core/errors.js';
import { isTracked } from '../git/tracked.js';
import type { ToolContext } from './define-tool.js';

const RUN_FILES = '.claude/parallel';

export interface RepositoryContext {
  readonly repo: Repository;
  /** Where the run files are and what paths are relative to: the top of the checkout the caller is in. */
  readonly root: string;
}

/** The repository of the caller's folder; of the run where the caller stands in one of its worktrees. Throws O8Error `not_a_repository`. */
export async function openContext({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const repo = await homeCheckout(await openRepository(cwd));
  await refuseForeignRuns(repo);
  return { repo, root: repo.root };
}

/** Who follows a run asks several times a second, and a repository does not move. */
const REMEMBERED_MS = 5000;
const remembered = new Map<string, { readonly found: RepositoryContext; readonly until: number }>();

/** The same for who only reads and asks again and again: looked up once in five seconds (four git processes). */
export async function openContextToRead({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const known = remembered.get(cwd);
  if (known !== undefined && performance.now() < known.until) return known.found;
  const found = await openContext({ cwd });
  remembered.set(cwd, { found, until: performance.now() + REMEMBERED_MS });
  return found;
}

/** Run folders that came with a clone would have their commands run by the next resume or merge. */
async function refuseForeignRuns(repo: Repository): Promise<void> {
  if (repo.bare || !(await isTracked(repo, RUN_FILES))) return;
  throw new O8Error(
    'refused',
    `${RUN_FILES} is committed in this repository; run files belong to one machine and hold commands that o8 would run`,
    `git rm -r --cached ${RUN_FILES}   (look at what is in it first)`,
  );
}
