import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

export interface BranchTip {
  readonly commit: string;
  /** The other commit contains it. */
  readonly merged: boolean;
}

/** Tips of these branches, and whether the commit `into` contains them, by name; missing branches are omitted. */
export async function branchTips(
  repo: Repository,
  branches: readonly string[],
  into: string,
): Promise<Map<string, BranchTip>> {
  if (branches.length === 0) return new Map();
  const [all, unmerged] = await Promise.all([
    listBranches(repo, branches, []),
    listBranches(repo, branches, [`--no-merged=${into}`]),
  ]);
  // If a branch moves between the two reads, the first result is used.
  return new Map([...all].map(([branch, commit]) => [branch, { commit, merged: !unmerged.has(branch) }]));
}

async function listBranches(
  repo: Repository,
  branches: readonly string[],
  options: readonly string[],
): Promise<Map<string, string>> {
  const wanted = new Map(branches.map((branch) => [`refs/heads/${branch}`, branch]));
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', ...options, ...wanted.keys()];
  const lines = (await git(args, { cwd: repo.root })).split('\n');
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const space = line.indexOf(' ');
      const branch = wanted.get(line.slice(space + 1)); // the pattern `feature/a` also matches `feature/a/b`
      return branch === undefined ? [] : [[branch, line.slice(0, space)]];
    }),
  );
}
