import { git } from './execute.js';
import type { Repository } from './repository.js';

/** Ignored paths relative to the checkout; a folder that is ignored as a whole ends in `/`. */
export async function ignoredPaths(repo: Repository): Promise<string[]> {
  const args = ['ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'];
  return (await git(args, { cwd: repo.root })).split('\0').filter((path) => path !== '');
}
