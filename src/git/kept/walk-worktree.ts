import { errorCode } from '../../core/base/error-code.js';
import { lstat, readdir } from 'node:fs/promises';
import type { Dirent, Stats } from 'node:fs';
import { join } from 'node:path';
import { isBuildOutput, isTaggedFolder, isToolFile, isToolFolder } from '../../core/kept/build-output.js';
import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';
import type { WorktreeFiles } from '../worktrees/worktree-inspection.js';

/** A repository or worktree inside a worktree; `path` is relative to its top. */
export interface NestedGit {
  readonly path: string;
  readonly kind: 'checkout' | 'bare';
  /** Inside a build output folder: tools clone what they need there. */
  readonly inBuildOutput: boolean;
}

export interface IgnoredFile {
  readonly path: string;
  readonly bytes: number;
}

export interface WalkedWorktree {
  readonly nested: readonly NestedGit[];
  /** Ignored files outside build output that were created or changed after the worktree was prepared. */
  readonly ignored: readonly IgnoredFile[];
  /** Folders that cannot be read. */
  readonly unreadable: readonly string[];
}

/** How git treats files in a folder: not ignored, ignored, ignored as build output, or part of another repository. */
type Area = 'known' | 'ignored' | 'output' | 'other';

interface Walk {
  readonly top: string;
  readonly isIgnored: (path: string) => boolean;
  readonly isOutput: (path: string) => boolean;
  readonly isTracked: (path: string) => boolean;
  readonly since: number;
  readonly nested: NestedGit[];
  readonly ignored: IgnoredFile[];
  readonly unreadable: string[];
}

/**
 * Searches every folder of a worktree for content that git does not track. Lists folders and inspects only ignored
 * files, so this takes a fraction of the time of removing them. Does not follow links. `since`: when the worktree was
 * ready for its agent, in milliseconds since 1970. Skips o8's completion marker.
 */
export async function walkWorktree(
  top: string,
  files: Pick<WorktreeFiles, 'ignored' | 'tracked'>,
  { since }: { readonly since: number },
): Promise<WalkedWorktree> {
  const ignored = new Set(files.ignored.map((path) => path.replace(/\/$/, '')));
  const tracked = new Set(files.tracked);
  const folders = foldersOf(files.tracked);
  const output = new Set(
    files.ignored
      .filter((path) => isBuildOutput(path, (folder) => folders.has(folder)))
      .map((path) => path.replace(/\/$/, '')),
  );
  const walk: Walk = {
    top,
    isIgnored: (path) => ignored.has(path),
    isOutput: (path) => output.has(path),
    isTracked: (path) => tracked.has(path),
    since,
    nested: [],
    ignored: [],
    unreadable: [],
  };
  await look(walk, '', 'known');
  return { nested: walk.nested, ignored: walk.ignored, unreadable: walk.unreadable };
}

async function look(walk: Walk, folder: string, area: Area): Promise<void> {
  const entries = await entriesOf(walk, folder);
  if (entries === null) return;
  const names = entries.map(({ name }) => name);
  if (folder !== '' && names.includes('.git')) {
    walk.nested.push({ path: folder, kind: 'checkout', inBuildOutput: area === 'output' });
    return lookInside(walk, folder, entries, area === 'output' ? 'output' : 'other');
  }
  if (folder !== '' && isBare(names) && !walk.isTracked(`${folder}/HEAD`)) {
    walk.nested.push({ path: folder, kind: 'bare', inBuildOutput: area === 'output' });
    return;
  }
  return lookInside(walk, folder, entries, area === 'ignored' && isTaggedFolder(names) ? 'output' : area);
}

async function lookInside(walk: Walk, folder: string, entries: readonly Dirent[], area: Area): Promise<void> {
  for (const entry of entries) {
    if (entry.name === '.git') continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (path === COMPLETION_MARKER && !entry.isDirectory()) continue;
    const here = areaOf(walk, path, entry, area);
    if (entry.isDirectory()) await look(walk, path, here);
    else if (here === 'ignored' && (entry.isFile() || entry.isSymbolicLink())) await lookAtFile(walk, path, entry.name);
  }
}

function areaOf(walk: Walk, path: string, entry: Dirent, area: Area): Area {
  if (area === 'known') return walk.isOutput(path) ? 'output' : walk.isIgnored(path) ? 'ignored' : 'known';
  return area === 'ignored' && entry.isDirectory() && isToolFolder(entry.name) ? 'output' : area;
}

async function lookAtFile(walk: Walk, path: string, name: string): Promise<void> {
  if (isToolFile(name)) return;
  const found = await lstat(join(walk.top, path)).catch(() => null); // removed after it was listed
  if (found === null && hasOtherBytes(name)) walk.unreadable.push(path);
  if (found !== null && isSince(found, walk.since)) walk.ignored.push({ path, bytes: found.size });
}

/** The time of a file's last change of any kind (ctime), which cannot be set back. */
function isSince({ ctimeMs }: Stats, since: number): boolean {
  return ctimeMs > since;
}

async function entriesOf(walk: Walk, folder: string): Promise<Dirent[] | null> {
  try {
    return await readdir(join(walk.top, folder), { withFileTypes: true });
  } catch (error) {
    const code = errorCode(error);
    if ((code === 'ENOENT' || code === 'ENOTDIR') && !hasOtherBytes(folder)) return null; // removed after it was listed
    walk.unreadable.push(folder === '' ? '.' : folder);
    return null;
  }
}

/** A name that is not valid UTF-8 is decoded to a different name, which does not exist. */
function hasOtherBytes(name: string): boolean {
  return name.includes('\ufffd');
}

function isBare(names: readonly string[]): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => names.includes(name));
}

/** Every folder that contains a tracked file at any depth. */
function foldersOf(paths: readonly string[]): Set<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}
