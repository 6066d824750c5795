import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

export interface BranchTip {
  readonly commit: string;
  /** The other commit contains it. */
  readonly merged: boolean;
}

/** Where these branches are and whether the commit `into` contains them, by name; missing branches are left out. */
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
  // A branch that moves between the two looks is told as it was in the first.
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
      const branch = wanted.get(line.slice(space + 1)); // a pattern finds `feature/a/b` for `feature/a`, too
      return branch === undefined ? [] : [[branch, line.slice(0, space)]];
    }),
  );
}
