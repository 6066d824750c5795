import { openRepository } from '../../../src/git/door/repository.js';
import { addWorktree } from '../../../src/git/worktrees/worktrees.js';
import { resolveCommit } from '../../../src/git/refs/refs.js';
import { inTurn } from '../waiting/in-turn.js';

/** Makes all of them at once, as a run's supervisor does when many tasks start. How many failed. */
export async function madeWorktrees(root: string, paths: readonly string[]): Promise<number> {
  const repo = await openRepository(root);
  const start = (await resolveCommit(repo, 'main')) ?? '';
  const serialise = inTurn();
  const made = await Promise.allSettled(
    paths.map(async (path) => {
      const branch = path.slice(1).replaceAll('/', '-');
      await addWorktree(repo, serialise, { path, branch, start, reason: 'o8 bench' });
    }),
  );
  return made.filter(({ status }) => status === 'rejected').length;
}
