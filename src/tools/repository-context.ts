import { homeCheckout } from '../git/own-worktree.js';
import { openRepository, type Repository } from '../git/repository.js';
import type { ToolContext } from './define-tool.js';

export interface RepositoryContext {
  readonly repo: Repository;
  /** Where the run files are and what paths are relative to: the top of the checkout the caller is in. */
  readonly root: string;
}

/** The repository of the caller's folder; of the run where the caller stands in one of its worktrees. Throws O8Error `not_a_repository`. */
export async function openContext({ cwd }: Pick<ToolContext, 'cwd'>): Promise<RepositoryContext> {
  const repo = await homeCheckout(await openRepository(cwd));
  return { repo, root: repo.root };
}
