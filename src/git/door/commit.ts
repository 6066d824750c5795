import { shellQuote } from '../../core/base/shell-quote.js';
import { O8Error } from '../../core/base/errors.js';
import { git, gitInTime, printable } from './execute.js';
import { committer } from './author-identity.js';
import type { Repository } from './repository.js';
import { signingConfig, signingProgram } from './signing.js';

/** `date` in git's format: seconds since 1970 and the time zone, `1795248000 +0100`. */
export interface Author {
  readonly name: string;
  readonly email: string;
  readonly date: string;
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author?: Author;
}

/** Creates a commit object only: no ref, hook or signature. Returns its id. */
export async function createCommit(repo: Repository, o: NewCommit): Promise<string> {
  return (
    await git(['commit-tree', ...treeAndParents(o)], { cwd: repo.root, input: o.message, env: await namesOf(repo, o) })
  ).trim();
}

/** Time limit, because a signing program that asks for input cannot get any here. */
const SIGNING_MS = 60_000;

/** The same for a commit that will land: signed if the user's git settings sign commits. */
export async function createLandingCommit(repo: Repository, o: NewCommit): Promise<string> {
  const signing = await signingConfig(repo.root);
  if (signing === null) return createCommit(repo, o);
  const options = {
    cwd: repo.root,
    input: o.message,
    env: await namesOf(repo, o),
    timeoutMs: SIGNING_MS,
    config: signing,
  };
  const result = await gitInTime(['commit-tree', ...treeAndParents(o), '-S'], options);
  if (result?.code === 0) return result.stdout.trim();
  const said =
    result === null
      ? `${signingProgram(signing)} did not end in ${String(SIGNING_MS / 1000)} s and was stopped`
      : printable(result.stderr.trim());
  const message = `the commit for landing could not be signed (commit.gpgSign is set): ${said}`;
  throw new O8Error('not_signed', message, `git -C ${shellQuote(repo.root)} commit-tree -S -m test HEAD^{tree}`);
}

function treeAndParents({ tree, parents }: NewCommit): string[] {
  return [tree, ...parents.flatMap((parent) => ['-p', parent])];
}

async function namesOf(repo: Repository, { author }: NewCommit): Promise<Record<string, string>> {
  return { ...(await committer(repo.root)), ...(author === undefined ? {} : authorVariables(author)) };
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
