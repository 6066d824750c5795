import { tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** Whether the reflog of a branch records that it was renamed from `before`. */
export async function wasRenamedFrom(repo: Repository, branch: string, before: string): Promise<boolean> {
  const args = ['log', '--walk-reflogs', '--no-show-signature', '--format=%gs', `refs/heads/${branch}`, '--'];
  const { stdout } = await tryGit(args, { cwd: repo.root });
  return stdout.split('\n').includes(`Branch: renamed refs/heads/${before} to refs/heads/${branch}`);
}
