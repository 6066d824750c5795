import { foldName } from '../../core/scope/folded-name.js';
import { lstat, readlink, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { git, tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** Linux's limit for links on the way to one file. */
const MOST_LINKS = 40;

/**
 * Whether a file of the checkout (relative to its top) comes from the repository: git tracks it, HEAD contains it, or
 * git tracks a link or submodule on the way to it. Index flags (skip-worktree, assume-unchanged) are ignored.
 */
export async function comesFromRepository(repo: Repository, path: string): Promise<boolean> {
  const hops = await hopsTo(repo.root, path);
  const specs = hops.map((hop) => `:(top,icase,literal)${hop}`);
  const tracked = (await git(['ls-files', '-z', '--', ...specs], { cwd: repo.root })).split('\0');
  for (const name of tracked) if (await isOneOf(repo.root, name, hops)) return true;
  // HEAD contains a folder whenever it contains one of its files; it counts only if it is a link or a submodule.
  const head = await tryGit(['ls-tree', '-z', '--full-tree', 'HEAD', '--', ...hops], { cwd: repo.root });
  const committed = head.code === 0 ? head.stdout.split('\0') : []; // no commit yet
  return committed.some(
    (record) => !/^\d+ tree /.test(record) && hops.includes(record.slice(record.indexOf('\t') + 1)),
  );
}

async function isOneOf(root: string, name: string, hops: readonly string[]): Promise<boolean> {
  if (hops.includes(name)) return true;
  const hop = hops.find((each) => foldName(each) === foldName(name));
  return hop !== undefined && isSameFile(join(root, name), join(root, hop));
}

/** Same file under a different spelling on a case-insensitive file system. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([stat(one), stat(other)]);
    return a.ino === b.ino && a.dev === b.dev;
  } catch {
    return false; // one of them does not exist
  }
}

/** Every path inside the repository that leads to a file, following links one at a time. */
async function hopsTo(root: string, path: string): Promise<string[]> {
  const hops: string[] = [];
  let rest = path.split('/');
  let at = root;
  for (let links = 0; rest.length > 0 && links <= MOST_LINKS;) {
    const [next = '', ...after] = rest;
    const here = join(at, next);
    const inside = relative(root, here);
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      if (inside !== '') return hops; // paths outside do not come from the repository
    } else {
      hops.push(inside.split(sep).join('/'));
    }
    const target = await linkTarget(here);
    if (target === null) {
      at = here;
      rest = after;
      continue;
    }
    links += 1;
    const end = resolve(dirname(here), target);
    const way = relative(root, end);
    if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return hops;
    at = root;
    rest = [...(way === '' ? [] : way.split(sep)), ...after];
  }
  return hops;
}

async function linkTarget(path: string): Promise<string | null> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null;
  } catch {
    return null; // does not exist, or cannot be read
  }
}
