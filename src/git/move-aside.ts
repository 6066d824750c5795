import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { failpoint } from '../core/failpoint.js';
import type { CriticalSection } from '../core/lease.js';
import { git } from './execute.js';
import { resolveCommit } from './refs.js';
import type { Repository } from './repository.js';
import { findWorktree, recordedPath } from './worktree-list.js';

/**
 * Makes a worktree's place and a branch's name free without deleting anything: both get `suffix` behind their name.
 * Gives what was moved, as `from -> to` for people; nothing when nothing was there.
 */
export async function moveAside(
  repo: Repository,
  serialise: CriticalSection,
  { path, branch, suffix }: { path: string; branch: string; suffix: string },
): Promise<string[]> {
  return serialise(async () => {
    const moved: string[] = [];
    const from = await recordedPath(path);
    const to = `${from}${suffix}`;
    const cwd = repo.root;
    const entry = await findWorktree(repo, from);
    failpoint('aside.worktree.before');
    if (entry !== null) {
      if (entry.locked) await git(['worktree', 'unlock', from], { cwd });
      await git(['worktree', 'move', from, to], { cwd });
      await git(['worktree', 'lock', to], { cwd }); // kept for a person: no prune or sweep may take it
      moved.push(`worktree ${basename(from)} -> ${basename(to)}`);
    } else if (existsSync(from)) {
      await rename(from, to);
      moved.push(`folder ${basename(from)} -> ${basename(to)}`);
    }
    failpoint('aside.worktree.after');
    if ((await resolveCommit(repo, `refs/heads/${branch}`)) !== null) {
      failpoint('aside.branch.before');
      await git(['branch', '-m', branch, `${branch}${suffix}`], { cwd });
      failpoint('aside.branch.after');
      moved.push(`branch ${branch} -> ${branch}${suffix}`);
    }
    return moved;
  });
}
