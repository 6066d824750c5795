import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import type { CriticalSection } from '../../core/base/lease.js';
import { git, tryGit } from '../door/execute.js';
import { gitFoldersBelow } from './nested-git.js';
import { unmarkOwn } from '../worktrees/own-worktree.js';
import { resolveCommit } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { administrativeFolder, administrativeFolders, findWorktree, recordedPath } from '../worktrees/worktree-list.js';

/**
 * Frees the path of a worktree and the name of a branch without deleting anything: appends `suffix` to both. Returns
 * what was renamed, as `from -> to` for the user, including renames by an earlier call that was killed.
 */
export async function moveAside(
  repo: Repository,
  serialise: CriticalSection,
  { path, branch, suffix }: { path: string; branch: string; suffix: string },
): Promise<string[]> {
  return serialise(async () => {
    const from = await recordedPath(path);
    const to = `${from}${suffix}`;
    const cwd = repo.root;
    const entry = await findWorktree(repo, from);
    failpoint('aside.worktree.before');
    const folder = entry === null ? null : await administrativeFolder(repo, entry.path);
    if (entry !== null && !existsSync(from) && entry.branch !== null) {
      // The user deleted the folder; the branch has its commits.
      if (entry.locked) await git(['worktree', 'unlock', from], { cwd });
      await git(['worktree', 'remove', '--force', from], { cwd });
    } else if (entry !== null) {
      if (entry.locked) await git(['worktree', 'unlock', from], { cwd });
      if (folder !== null) await unmarkOwn(folder);
      await move(repo, from, to);
      await git(['worktree', 'lock', to], { cwd }); // kept for the user: locked against `git worktree prune`
    } else if (existsSync(from)) {
      await rename(from, to);
    }
    failpoint('aside.worktree.after');
    if ((await resolveCommit(repo, `refs/heads/${branch}`)) !== null) {
      failpoint('aside.branch.before');
      await git(['branch', '-m', branch, `${branch}${suffix}`], { cwd });
      failpoint('aside.branch.after');
    }
    return movedNames(repo, { from, to }, { branch, suffix });
  });
}

async function movedNames(
  repo: Repository,
  { from, to }: { readonly from: string; readonly to: string },
  { branch, suffix }: { readonly branch: string; readonly suffix: string },
): Promise<string[]> {
  const kind = (await findWorktree(repo, to)) !== null ? 'worktree' : existsSync(to) ? 'folder' : null;
  const isMoved = (await resolveCommit(repo, `refs/heads/${branch}${suffix}`)) !== null;
  return [
    ...(kind === null ? [] : [`${kind} ${basename(from)} -> ${basename(to)}`]),
    ...(isMoved ? [`branch ${branch} -> ${branch}${suffix}`] : []),
  ];
}

/**
 * git refuses to move a worktree that contains submodules, and loses worktrees inside the one it moves. Updates git's
 * records first, so that after a crash the next call moves the folder as one that git does not know.
 */
async function move(repo: Repository, from: string, to: string): Promise<void> {
  const folders = (await administrativeFolders(repo)).filter(
    ({ path }) => path === from || path.startsWith(`${from}/`),
  );
  for (const { folder, path } of folders) {
    await writeFile(join(folder, 'gitdir'), `${to}${path.slice(from.length)}/.git\n`);
    for (const submodule of await gitFoldersBelow(join(folder, 'modules'))) await moveSubmodule(submodule, from, to);
  }
  if (existsSync(from)) await rename(from, to);
}

/** A submodule's git folder records where its files are. */
async function moveSubmodule(gitDir: string, from: string, to: string): Promise<void> {
  const config = ['config', '--file', join(gitDir, 'config')];
  const found = await tryGit([...config, '--get', 'core.worktree'], { cwd: gitDir });
  const worktree = resolve(gitDir, found.stdout.replace(/\n$/, ''));
  if (found.code !== 0 || !worktree.startsWith(`${from}/`)) return;
  await git([...config, 'core.worktree', `${to}${worktree.slice(from.length)}`], { cwd: gitDir });
}
