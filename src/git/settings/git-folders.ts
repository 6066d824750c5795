import { pointedGitFolder } from '../../core/text/git-pointer.js';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface GitFolders {
  /** Git folder of the checkout. */
  readonly gitDir: string;
  /** The git folder that all checkouts share. */
  readonly commonDir: string;
}

/**
 * The git folders that git would use in `cwd`, found without git, which may not be able to start. Null outside a
 * repository.
 */
export function gitFoldersOf(cwd: string): GitFolders | null {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const found = gitDirAt(folder);
    if (found !== null) return withCommon(found);
    if (folder === dirname(folder)) return null;
  }
}

function gitDirAt(folder: string): string | null {
  const pointer = join(folder, '.git');
  try {
    if (existsSync(pointer)) {
      if (statSync(pointer).isDirectory()) return realpathSync(pointer);
      const path = pointedGitFolder(readFileSync(pointer, 'utf8'));
      return path === undefined ? null : realpathSync(resolve(folder, path));
    }
    if (!existsSync(join(folder, 'HEAD'))) return null;
    const isGitDir = existsSync(join(folder, 'objects')) && existsSync(join(folder, 'refs'));
    return isGitDir || existsSync(join(folder, 'commondir')) ? realpathSync(folder) : null;
  } catch {
    return null; // unreadable: treated as no repository; git reports why
  }
}

function withCommon(gitDir: string): GitFolders | null {
  const file = join(gitDir, 'commondir');
  try {
    if (!existsSync(file)) return { gitDir, commonDir: gitDir };
    return { gitDir, commonDir: realpathSync(resolve(gitDir, readFileSync(file, 'utf8').trim())) };
  } catch {
    return null;
  }
}
