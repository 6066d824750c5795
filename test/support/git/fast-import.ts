import type { Tree } from './random-branches.js';

/** A branch to make: its commits, each with all of its files, on top of a commit of a branch before it in the list. */
export interface ImportedBranch {
  readonly ref: string;
  /** `mark` of a commit made before; null for a history of its own. */
  readonly from: string | null;
  /** `mark`: `:` and a number of the caller's, which names the commit in `from`. Empty: the branch is at `from`. */
  readonly commits: readonly { readonly mark: string; readonly tree: Tree; readonly message: string }[];
}

/** What `git fast-import` reads to make these branches: a repository in one process. */
export function importStream(branches: readonly ImportedBranch[]): string {
  return branches.map(branchStream).join('');
}

function branchStream({ ref, from, commits }: ImportedBranch): string {
  if (commits.length === 0) return `reset ${ref}\nfrom ${from ?? ''}\n\n`;
  const made = commits.map(({ mark, tree, message }, at) =>
    [
      `commit ${ref}\nmark ${mark}\n`,
      `committer Agent <agent@example.invalid> ${1_700_000_000 + Number(mark.slice(1))} +0000\n`,
      data(message),
      at === 0 && from !== null ? `from ${from}\n` : '',
      'deleteall\n',
      ...[...tree].map(([path, file]) => `M ${file.mode} inline ${path}\n${data(file.content)}`),
      '\n',
    ].join(''),
  );
  return made.join('');
}

function data(content: string): string {
  return `data ${Buffer.byteLength(content)}\n${content}\n`;
}
