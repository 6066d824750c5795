import { git } from './execute.js';
import type { Repository } from './repository.js';

/** Whether git tracks a file under this path (relative to the top of the checkout). */
export async function isTracked(repo: Repository, path: string): Promise<boolean> {
  return (await git(['ls-files', '-z', '--', `:(top,literal)${path}`], { cwd: repo.root })) !== '';
}
