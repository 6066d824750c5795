import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { git, gitFailure, tryGit } from '../door/execute.js';
import type { TimeLimit } from '../door/time-limit.js';
import type { Repository } from '../door/repository.js';
import { touchedPaths } from './touched-paths.js';

const ATTRIBUTE_FILES = ':(top,glob)**/.gitattributes';
/** Attribute lines that can affect merging: `merge=…`, `-merge`, `binary`, and macros made of them. */
const DECLARES_MERGE = 'merge|binary';

/** Every `.gitattributes` of a commit, path to content; null if none affects merging. */
export type AttributeFiles = ReadonlyMap<string, string> | null;

/** One quick search is enough for repositories without such attributes. */
export async function attributeFiles(
  repo: Repository,
  commit: string,
  limit: TimeLimit = () => ({}),
): Promise<AttributeFiles> {
  const matching = async (pattern: string): Promise<string[]> => {
    const args = ['grep', '--files-with-matches', '-z', '-E', '-e', pattern, commit, '--', ATTRIBUTE_FILES];
    const result = await tryGit(args, { cwd: repo.root, ...limit() });
    if (result.code > 1) throw gitFailure(args, repo.root, result);
    const found = result.stdout.split('\0').filter((match) => match !== ''); // <commit>:<path>
    return found.map((match) => match.slice(match.indexOf(':') + 1)).filter(isWritable);
  };
  if ((await matching(DECLARES_MERGE)).length === 0) return null;
  const paths = await matching(''); // another file may override it
  const input = paths.map((path) => `${commit}:${path}\n`).join('');
  // latin1: one character per byte, so that the sizes match.
  const out = await git(['cat-file', '--batch'], { cwd: repo.root, input, encoding: 'latin1', ...limit() });
  const files = new Map<string, string>();
  let at = 0;
  for (const path of paths) {
    const start = out.indexOf('\n', at) + 1;
    const bytes = Number(out.slice(at, start).trim().split(' ').at(-1));
    files.set(path, out.slice(start, start + bytes));
    at = start + bytes + 1;
  }
  return files;
}

/** A tree that was not made by a checkout may contain names that lead out of the folder. */
function isWritable(path: string): boolean {
  return !path.includes('\n') && !path.split('/').some((name) => name === '..' || name.toLowerCase() === '.git');
}

/**
 * Runs `work` in a temporary folder with only a commit's attribute files, so that git merges as in a checkout of that
 * commit. The folder is not registered as a worktree, so nothing shared is locked or changed.
 */
export async function inAttributes<T>(
  files: ReadonlyMap<string, string>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-attributes-'));
  try {
    await writeAttributes(folder, files);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function writeAttributes(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, 'latin1');
  }
}

/**
 * For each commit, a commit with the same attribute files: their common ancestor if the files have not changed since.
 * So hundreds of branches need one search.
 */
export async function declaringCommits(
  repo: Repository,
  commits: ReadonlySet<string>,
  limit: TimeLimit,
): Promise<Map<string, string>> {
  const touched = await touchedPaths(repo, commits, limit);
  return new Map(
    [...commits].map((commit) => {
      const changed = touched?.by.get(commit);
      const same = changed !== undefined && ![...changed].some((path) => basename(path) === '.gitattributes');
      return [commit, touched !== null && same ? touched.common : commit];
    }),
  );
}
