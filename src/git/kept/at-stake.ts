import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { MOST_IGNORED_BYTES, tooMuchIgnored, type Stays } from '../../core/kept/kept-text.js';
import type { Repository } from '../door/repository.js';
import { administrativeFolder, recordedPath } from '../worktrees/worktree-list.js';
import { inspectWholeWorktree, type WorktreeInspection } from '../worktrees/worktree-inspection.js';
import { looseCommits } from './loose-commits.js';
import { nestedWork, submoduleWork } from './nested-git.js';
import { walkWorktree } from './walk-worktree.js';

/** What a worktree holds that would be lost with it, apart from its branch. */
export interface AtStake {
  readonly found: WorktreeInspection;
  /** Cannot be carried into a commit: the worktree stays. */
  readonly stays: readonly Stays[];
  /** Ignored files that go into a rescue. */
  readonly ignored: readonly string[];
  /** Commits on no branch that only this worktree's git folder names. */
  readonly loose: readonly string[];
  /** Clean worktrees of the same repository inside: to be unregistered first. */
  readonly worktrees: readonly string[];
}

/**
 * Looks at a worktree of o8's before it is removed; also when its folder is gone, since git's own folder of it goes, too.
 * `since`: milliseconds since 1970 when it was ready for its agent.
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

/** A folder that is no worktree any more, with files in it: nobody can tell what of them is anywhere else. */
async function brokenFolder(path: string): Promise<Stays[]> {
  const entries = await readdir(path).catch(() => []); // mostly deleted by hand
  return entries.length > 0 ? [{ path, why: 'is no git worktree any more and has files in it' }] : [];
}
