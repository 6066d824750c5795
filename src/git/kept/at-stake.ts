import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { MOST_IGNORED_BYTES, tooMuchIgnored, type Stays } from '../../core/kept/kept-text.js';
import type { Repository } from '../door/repository.js';
import { administrativeFolder, recordedPath } from '../worktrees/worktree-list.js';
import { inspectWholeWorktree, type WorktreeInspection } from '../worktrees/worktree-inspection.js';
import { looseCommits } from './loose-commits.js';
import { nestedWork, submoduleWork } from './nested-git.js';
import { walkWorktree } from './walk-worktree.js';

/** What would be lost if a worktree were removed, apart from its branch. */
export interface AtStake {
  readonly found: WorktreeInspection;
  /** Cannot be committed, so the worktree is kept. */
  readonly stays: readonly Stays[];
  /** Ignored files to include in the rescue. */
  readonly ignored: readonly string[];
  /** Commits that are on no branch and only referenced by this worktree's git folder. */
  readonly loose: readonly string[];
  /** Clean worktrees of the same repository inside this one; they must be unregistered first. */
  readonly worktrees: readonly string[];
}

/**
 * Inspects a worktree of o8 before it is removed, even if its folder is gone, because git's own folder for it is
 * removed too. `since`: when it was ready for its agent, in milliseconds since 1970.
 */
export async function atStake(repo: Repository, path: string, since: number): Promise<AtStake> {
  const gitDir = await administrativeFolder(repo, await recordedPath(path));
  const loose = gitDir === null ? [] : await looseCommits(repo, gitDir);
  const { found, files } = await inspectWholeWorktree(path);
  if (files === null) {
    const modules = gitDir === null ? [] : await submoduleWork(gitDir, path, []);
    return { found, stays: [...modules, ...(await brokenFolder(path))], ignored: [], loose, worktrees: [] };
  }
  const walked = await walkWorktree(path, files, { since });
  const stays: Stays[] = walked.unreadable.map((folder) => ({ path: folder, why: 'cannot be read' }));
  const worktrees: string[] = [];
  const going = [await realpath(path), ...(gitDir === null ? [] : [await realpath(gitDir)])];
  for (const nested of walked.nested) {
    const work = await nestedWork(repo, path, nested, { going, since });
    if (work.kind === 'work') stays.push({ path: nested.path, why: work.why });
    else if (work.worktree) worktrees.push(join(path, nested.path));
  }
  if (gitDir !== null) stays.push(...(await submoduleWork(gitDir, path, walked.nested)));
  const bytes = walked.ignored.reduce((sum, file) => sum + file.bytes, 0);
  const isTooMuch = bytes > MOST_IGNORED_BYTES;
  if (isTooMuch) stays.push(tooMuchIgnored(walked.ignored));
  const ignored = isTooMuch ? [] : walked.ignored.map((file) => file.path);
  return { found, stays, ignored, loose, worktrees };
}

/** A folder that is no longer a worktree but contains files: it is unknown whether copies of them exist elsewhere. */
async function brokenFolder(path: string): Promise<Stays[]> {
  const entries = await readdir(path).catch(() => []); // usually deleted by the user
  return entries.length > 0 ? [{ path, why: 'is no longer a git worktree and contains files' }] : [];
}
