import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** Does the commit have an attribute file that gives anything to Git LFS? One quick search for the repositories without. */
export async function declaresLfs(repo: Repository, commit: string): Promise<boolean> {
  const args = ['grep', '--quiet', '--fixed-strings', '-e', 'filter=lfs', commit, '--', ':(top,glob)**/.gitattributes'];
  return (await tryGit(args, { cwd: repo.root })).code === 0;
}

/** Whether the content of a pointer lies in this repository, whole. */
export async function hasLfsObject(repo: Repository, { oid, size }: { oid: string; size: number }): Promise<boolean> {
  if (size === 0) return true; // Git LFS stores nothing for it
  const configured = await tryGit(['config', '--path', '--get', 'lfs.storage'], { cwd: repo.root });
  const store = configured.code === 0 ? resolve(repo.commonDir, configured.stdout.trim()) : join(repo.commonDir, 'lfs');
  try {
    return (await stat(join(store, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid))).size === size;
  } catch {
    return false; // not there
  }
}

/** Whether a branch of a remote has had this file: whoever pushed it has pushed its content, too. */
export async function wasPushed(repo: Repository, blob: string): Promise<boolean> {
  const args = ['log', '-1', '--format=%H', `--find-object=${blob}`, '--remotes', '--'];
  const result = await tryGit(args, { cwd: repo.root });
  return result.code === 0 && result.stdout.trim() !== '';
}
