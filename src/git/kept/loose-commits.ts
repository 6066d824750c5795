import { nullIfMissing } from '../../core/base/error-code.js';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryGit } from '../door/execute.js';
import { resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';

/** Limit on the detached commits to check; no agent works on this many. */
const MOST_LOOKED_AT = 50;

/**
 * Commits that would be lost with a worktree's own git folder (`gitDir`): made on a detached HEAD and left, kept by an
 * unfinished merge or rebase, or referenced only by refs of this worktree. Usually none, and then git is not started.
 */
export async function looseCommits(repo: Repository, gitDir: string): Promise<string[]> {
  const named = [...(await leftDetached(gitDir)), ...(await setAside(gitDir)), ...(await ownRefs(gitDir))];
  const loose: string[] = [];
  for (const id of [...new Set(named)].slice(0, MOST_LOOKED_AT)) {
    if ((await resolveCommit(repo, id)) !== null && (await isOnNoRef(repo, id))) loose.push(id);
  }
  return loose;
}

/** True if no branch, tag, remote branch or o8 ref contains this commit. */
export async function isOnNoRef(repo: Repository, commit: string): Promise<boolean> {
  const refs = ['refs/heads', 'refs/tags', 'refs/remotes', 'refs/o8'].map((prefix) => `--glob=${prefix}`);
  const args = ['rev-list', '--max-count=1', commit, '--not', ...refs];
  const result = await tryGit(args, { cwd: repo.root });
  return result.code !== 0 || result.stdout.trim() !== '';
}

/** The commits that HEAD was detached at before it moved on, newest first. */
async function leftDetached(gitDir: string): Promise<string[]> {
  const log = await readIfThere(join(gitDir, 'logs', 'HEAD'));
  return log
    .split('\n')
    .flatMap((line) => {
      const [, old, from] = /^([0-9a-f]+) [^\t]*\tcheckout: moving from (\S+) to /.exec(line) ?? [];
      return old !== undefined && from === old ? [old] : [];
    })
    .reverse();
}

async function setAside(gitDir: string): Promise<string[]> {
  const files = ['MERGE_AUTOSTASH', 'rebase-merge/autostash', 'rebase-apply/autostash'];
  const ids = await Promise.all(files.map(async (file) => (await readIfThere(join(gitDir, file))).trim()));
  return ids.filter((id) => isObjectId(id));
}

async function ownRefs(gitDir: string): Promise<string[]> {
  const ids: string[] = [];
  for (const folder of ['refs/worktree', 'refs/rewritten']) {
    for (const file of await filesBelow(join(gitDir, folder))) ids.push((await readIfThere(file)).trim());
  }
  return ids.filter((id) => isObjectId(id));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // usually missing
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
  return (await Promise.all(found)).flat();
}

function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

async function readIfThere(path: string): Promise<string> {
  return (await readFile(path, 'utf8').catch(nullIfMissing)) ?? '';
}
