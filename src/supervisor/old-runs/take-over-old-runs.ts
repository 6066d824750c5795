import { o8, text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { guardFile } from '../../git/door/guard-file.js';
import { openRepository, type Repository } from '../../git/door/repository.js';
import { isTracked } from '../../git/door/tracked.js';
import { ensureExcluded, listWorktrees, removeWorktree } from '../../git/worktrees/worktrees.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { makePrivateFolder, PRIVATE_FILE } from '../../store/files/atomic-file.js';
import { criticalSection } from '../../store/files/critical-section.js';
import type { LockHolder } from '../../store/lock/lock-state.js';
import {
  hasOldRuns,
  holdOldLock,
  linkNote,
  linkOldHome,
  moveOldRuns,
  oldHomeLink,
  oldRuns,
  releaseOldLock,
  removeOldHome,
  swapOldHome,
} from '../../store/old-runs/old-home.js';
import { checkoutPaths, homePaths, runHome, type RunHome } from '../../store/files/paths.js';
import { listRuns } from '../../store/runs/runs.js';
import { livingAttempts } from '../../process/attempts/living-attempts.js';
import { relinkLogs } from './relink-logs.js';

const OLD = '.claude/parallel';

/**
 * Moves runs that an earlier version kept in the checkout `root` to the current folder for runs, once. Usually there is
 * nothing to do, which costs one check. Can be repeated after a crash, and by several processes at once. O8Error
 * `locked` or `lock_unknown` while a supervisor of that version may be running, `refused` for run files that were
 * committed.
 */
export async function takeOverOldRuns(repo: Repository, root: string): Promise<void> {
  const home = runHome(repo);
  const { oldHome: old } = checkoutPaths(root);
  if ((await oldHomeLink(old, home)) !== null) return removeUnusedLink(old, home);
  const isOwed = existsSync(linkNote(old, home)); // a takeover was killed before it created the link
  if (!isOwed && !(await hasOldRuns(old))) return;
  if (!isOwed) await refuseForeignRuns(root);
  await makePrivateFolder(home.folder);
  await criticalSection(join(home.folder, 'take-over'))(async () => {
    if ((await oldHomeLink(old, home)) !== null) return; // another process has just done it
    if (!(await hasOldRuns(old))) return provideOwedLink(old, home);
    if (isOwed) await refuseForeignRuns(root);
    const owner = await holdOldLock(old, processProbe);
    if (owner !== null) throw stillOwned(root, owner.holder, owner.kind);
    try {
      await moveAll(repo, old, home);
    } catch (error) {
      await releaseOldLock(old); // this process keeps running, and its lock would block the next try
      throw error;
    }
  });
}

async function moveAll(repo: Repository, old: RunHome, home: RunHome): Promise<void> {
  const { root } = old;
  const living = await livingAttempts(homePaths(old).runsDir);
  if (living.length > 0 && !(await onOneFileSystem(old, home))) throw agentsInTheWay(root, living);
  const isOwed = existsSync(linkNote(old, home)) && (await livingAttempts(homePaths(home).runsDir)).length > 0;
  await removeOldScratch(repo, old, await oldRuns(old));
  if (living.length > 0) await noteLink(repo, old, home);
  await moveOldRuns(old, home, new Set(living.map(({ runId }) => runId)));
  // Links of all runs, because those of runs moved by an earlier try may still be old.
  await relinkLogs(home, await listRuns(home));
  await (living.length > 0 || isOwed ? swapOldHome(old, home) : removeOldHome(old));
}

async function noteLink(repo: Repository, old: RunHome, home: RunHome): Promise<void> {
  await ensureExcluded(repo, [`/${OLD}`]); // the pattern for the folder does not match a link
  const note = linkNote(old, home);
  await makePrivateFolder(dirname(note));
  failpoint('old_runs.note.before');
  await writeFile(note, `${old.folder}\n`, { mode: PRIVATE_FILE });
  failpoint('old_runs.note.after');
}

async function provideOwedLink(old: RunHome, home: RunHome): Promise<void> {
  if (!existsSync(linkNote(old, home))) return; // another process has just done all of it
  if ((await livingAttempts(homePaths(home).runsDir)).length > 0) linkOldHome(old, home);
  else await removeNote(old, home);
}

/** The commands in committed run folders would be run by the next resume or merge. */
async function refuseForeignRuns(root: string): Promise<void> {
  const inside = await openRepository(checkoutPaths(root).oldHome.folder); // a submodule has tracked files of its own
  if (inside.root === root && !(await isTracked(inside, OLD))) return;
  throw new O8Error(
    'refused',
    `${OLD} is committed in this repository; run files belong to one machine and hold commands that o8 would run`,
    `git rm -r --cached ${OLD}   (check its content first)`,
  );
}

function stillOwned(root: string, holder: LockHolder, kind: 'held' | 'unknown'): O8Error {
  const { runId, startedAt, process } = holder;
  const pid = String(process.pid);
  const where = `${root}/${OLD}`;
  if (kind === 'unknown') {
    return new O8Error(
      'lock_unknown',
      `Run ${runId} of an earlier version of o8 may still be in progress (PID: ${pid}), on ${process.host} or in another container. Its files are in ${where}.\nStarted at: ${startedAt}`,
      `Check that machine first. If that run has ended: mv ${shellQuote(`${where}/lock`)} ${shellQuote(`${where}/lock.old`)}`,
    );
  }
  return new O8Error(
    'locked',
    `Run ${runId} is in progress under a supervisor of an earlier version of o8 (PID: ${pid}). Its files in ${where} can be taken over when that supervisor has ended.\nStarted at: ${startedAt}`,
    text`Wait for it to complete, or stop the supervisor and let this version continue the run with its agents: kill ${pid} && cd ${shellQuote(root)} && ${o8('run', { resume: true, run: runId })}`,
  );
}

function agentsInTheWay(root: string, living: readonly { readonly runId: string; readonly pid: number }[]): O8Error {
  const pids = living.map(({ pid }) => String(pid)).join(',');
  const runs = [...new Set(living.map(({ runId }) => runId))].join(', ');
  return new O8Error(
    'locked',
    `Agents of run ${runs}, started by an earlier version of o8, are still running (PIDs: ${pids}), and their files in ${root}/${OLD} cannot be moved to the file system of the git folder while they do.`,
    `Wait until they have ended, or stop them: kill ${pids.replaceAll(',', ' ')}`,
  );
}

async function onOneFileSystem(old: RunHome, home: RunHome): Promise<boolean> {
  return (await stat(old.folder)).dev === (await stat(home.folder)).dev;
}

/** Removes scratch worktrees left by a killed supervisor; after the move, git would still list them at the old path. */
async function removeOldScratch(repo: Repository, old: RunHome, runIds: readonly string[]): Promise<void> {
  const serialise = criticalSection(guardFile(repo));
  const { runsDir } = homePaths(old);
  for (const { path } of await listWorktrees(repo))
    if (path.startsWith(`${runsDir}${sep}`)) await removeWorktree(repo, serialise, path);
  failpoint('old_runs.scratch.before');
  for (const runId of runIds) await rm(join(runsDir, runId, 'scratch'), { recursive: true, force: true });
  failpoint('old_runs.scratch.after');
}

async function removeUnusedLink(old: RunHome, home: RunHome): Promise<void> {
  if ((await livingAttempts(homePaths(home).runsDir)).length > 0) return;
  const link = await oldHomeLink(old, home);
  if (link === null) return;
  await relinkLogs(home, await listRuns(home));
  failpoint('old_runs.unlink.before');
  await rm(link, { force: true });
  failpoint('old_runs.unlink.after');
  await removeNote(old, home);
}

async function removeNote(old: RunHome, home: RunHome): Promise<void> {
  failpoint('old_runs.note.before');
  await rm(linkNote(old, home), { force: true });
  failpoint('old_runs.note.after');
}
