import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { tryGit } from './execute.js';
import type { Repository } from './repository.js';

/**
 * The main checkout of a repository. git assumes the folder that contains `.git`, which is wrong in a submodule, after
 * `--separate-git-dir`, and behind a symbolic link. Null for a bare repository, or if only a linked worktree is known.
 */
export async function mainCheckout(repo: Repository): Promise<string | null> {
  if (repo.bare) return null;
  if (repo.gitDir === repo.commonDir) return repo.root;
  if (basename(repo.commonDir) === '.git') return dirname(repo.commonDir);
  // Submodules record it in their settings, relative to the git folder.
  const { code, stdout } = await tryGit(['config', '--file', join(repo.commonDir, 'config'), 'core.worktree'], {
    cwd: repo.root,
  });
  const folder = code === 0 ? resolve(repo.commonDir, stdout.replace(/\n$/, '')) : null;
  return folder !== null && existsSync(join(folder, '.git')) ? folder : null;
}
