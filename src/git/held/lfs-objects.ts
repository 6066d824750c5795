import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/**
 * Whether the commit has an attribute file that uses Git LFS. One quick search, so that other repositories pay little.
 */
export async function declaresLfs(repo: Repository, commit: string): Promise<boolean> {
  const args = ['grep', '--quiet', '--fixed-strings', '-e', 'filter=lfs', commit, '--', ':(top,glob)**/.gitattributes'];
  return (await tryGit(args, { cwd: repo.root })).code === 0;
}

/** Whether the complete content of a pointer is stored in this repository. */
export async function hasLfsObject(repo: Repository, { oid, size }: { oid: string; size: number }): Promise<boolean> {
  if (size === 0) return true; // Git LFS stores no object for an empty file
  const configured = await tryGit(['config', '--path', '--get', 'lfs.storage'], { cwd: repo.root });
  const store = configured.code === 0 ? resolve(repo.commonDir, configured.stdout.trim()) : join(repo.commonDir, 'lfs');
  try {
    return (await stat(join(store, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid))).size === size;
  } catch {
    return false; // not stored here
  }
}

/** Whether a remote branch contains this file: pushing a Git LFS file uploads its content. */
export async function wasPushed(repo: Repository, blob: string): Promise<boolean> {
  const args = ['log', '-1', '--format=%H', `--find-object=${blob}`, '--remotes', '--'];
  const result = await tryGit(args, { cwd: repo.root });
  return result.code === 0 && result.stdout.trim() !== '';
}
