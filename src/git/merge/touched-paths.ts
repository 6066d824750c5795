import { git, gitFailure, tryGit } from '../door/execute.js';
import type { TimeLimit } from '../door/time-limit.js';
import type { Repository } from '../door/repository.js';

/** What commits changed since their best common ancestor. */
export interface TouchedPaths {
  readonly common: string;
  /** For each commit, every path changed by one of its ancestors since then, even if it was changed back. */
  readonly by: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Null if the commits have no common ancestor. */
export async function touchedPaths(
  repo: Repository,
  commits: ReadonlySet<string>,
  limit: TimeLimit,
): Promise<TouchedPaths | null> {
  const args = ['merge-base', '--octopus', ...commits];
  const result = await tryGit(args, { cwd: repo.root, ...limit() });
  if (result.code > 1) throw gitFailure(args, repo.root, result);
  const common = result.stdout.split('\n')[0] ?? '';
  if (result.code === 1 || common === '') return null;
  const parents = await parentsSince(repo, common, { commits, limit });
  const changes = await changesOf(repo, [...parents.keys()], limit);
  return { common, by: new Map([...commits].map((commit) => [commit, changedBefore(commit, parents, changes)])) };
}

/** Parents of every commit that is contained in some of `commits` and not in `common`. */
async function parentsSince(
  repo: Repository,
  common: string,
  { commits, limit }: { commits: ReadonlySet<string>; limit: TimeLimit },
): Promise<Map<string, readonly string[]>> {
  const args = ['rev-list', '--parents', ...commits, `^${common}`, '--'];
  const lines = (await git(args, { cwd: repo.root, ...limit() })).split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [commit = '', ...parents] = line.split(' ');
      return [commit, parents];
    }),
  );
}

/** What each commit changed compared with each parent; for a root commit, all its files. */
async function changesOf(
  repo: Repository,
  commits: readonly string[],
  limit: TimeLimit,
): Promise<Map<string, readonly string[]>> {
  const args = [
    'diff-tree',
    '--stdin',
    '--root',
    '-m',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--ignore-submodules=none',
  ];
  const input = commits.map((commit) => `${commit}\n`).join('');
  const fields = (await git(args, { cwd: repo.root, input, ...limit() })).split('\0');
  const changes = new Map<string, string[]>();
  let current: string[] = [];
  for (let at = 0; at < fields.length - 1; at += 1) {
    const field = fields[at] ?? '';
    if (field.startsWith(':')) {
      at += 1; // the path follows modes, ids and status, and may contain any text
      current.push(fields[at] ?? '');
    } else {
      current = changes.get(field) ?? [];
      changes.set(field, current);
    }
  }
  return changes;
}

function changedBefore(
  tip: string,
  parents: ReadonlyMap<string, readonly string[]>,
  changes: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const paths = new Set<string>();
  const seen = new Set([tip]);
  for (const commit of seen) {
    // grows during the iteration
    for (const path of changes.get(commit) ?? []) paths.add(path);
    for (const parent of parents.get(commit) ?? []) if (parents.has(parent)) seen.add(parent);
  }
  return paths;
}
