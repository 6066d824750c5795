import { git } from './execute.js';
import { committer } from './identity.js';
import type { Repository } from './repository.js';

/** `date` as git writes it: seconds since 1970 and the zone, `1795248000 +0100`. */
export interface Author {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

/** Makes a commit object and nothing else: no ref, no hook, no signature. Returns its id. */
export async function createCommit(
  repo: Repository,
  o: { tree: string; parents: readonly string[]; message: string; author?: Author },
): Promise<string> {
  const { tree, parents, message, author } = o;
  const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])];
  const named = author === undefined ? {} : authorVariables(author);
  const env = { ...(await committer(repo.root)), ...named };
  return (await git(args, { cwd: repo.root, input: message, env })).trim();
}

export async function treeOf(repo: Repository, commit: string): Promise<string> {
  return (await git(['rev-parse', '--verify', `${commit}^{tree}`], { cwd: repo.root })).trim();
}

export async function commitAuthor(repo: Repository, commit: string): Promise<Author> {
  const format = '--format=%an%x00%ae%x00%ad';
  const out = await git(['log', '-1', '--date=raw', '--no-show-signature', format, commit, '--'], { cwd: repo.root });
  const [name = '', email = '', date = ''] = out.trimEnd().split('\0');
  return { name, email, date };
}

function authorVariables({ name, email, date }: Author): Record<string, string> {
  return { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email, GIT_AUTHOR_DATE: date };
}
