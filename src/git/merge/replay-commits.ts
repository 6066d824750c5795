import { commitAuthor, createCommit, createLandingCommit, treeOf } from '../door/commit.js';
import { git } from '../door/execute.js';
import { trialMerge } from './merge.js';
import { mergeBases } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';

/** `unsuitable`: these commits cannot be put on `onto` one by one with the merge's own result; `why` is for people. */
export type Replayed =
  { readonly kind: 'replayed'; readonly commit: string } | { readonly kind: 'unsuitable'; readonly why: string };

/**
 * The commits of a branch made again on top of `onto`, as a rebase makes them, off to the side. `tree` is what merging
 * the two gives: the result is refused unless it is exactly that, so that a strategy never changes what lands.
 * `onto` itself when nothing of them is new.
 */
export async function replayCommits(
  repo: Repository,
  o: {
    onto: string;
    tip: string;
    tree: string;
    trailers: readonly string[];
    scratchDir: string;
  },
): Promise<Replayed> {
  const bases = await mergeBases(repo, o.onto, o.tip);
  const [base] = bases;
  if (base === undefined || bases.length > 1) return { kind: 'unsuitable', why: 'has been merged crosswise' };
  let commit = o.onto;
  let tree = await treeOf(repo, commit);
  for (const { id, parents } of await commitsBetween(repo, base, o.tip)) {
    const [parent] = parents;
    if (parent === undefined || parents.length > 1) return { kind: 'unsuitable', why: 'contains merge commits' };
    // A commit with `commit`'s files on top of `parent`: the common ancestor of a pick is then what it was made on.
    const ours = await createCommit(repo, { tree, parents: [parent], message: 'pick\n' });
    const picked = await trialMerge(repo, { ours, theirs: id, scratchDir: o.scratchDir });
    if (picked.kind === 'conflict') return { kind: 'unsuitable', why: 'conflicts commit by commit' };
    if (picked.tree === tree) continue; // is there already
    tree = picked.tree;
    commit = await createLandingCommit(repo, {
      tree,
      parents: [commit],
      message: await messageWith(repo, id, o.trailers),
      author: await commitAuthor(repo, id),
    });
  }
  if (tree !== o.tree) return { kind: 'unsuitable', why: 'has another result commit by commit' };
  return { kind: 'replayed', commit };
}

/** Subjects of the commits that `to` has and `from` has not, oldest first. */
export async function commitSubjects(repo: Repository, from: string, to: string): Promise<string[]> {
  const args = ['log', '--reverse', '-z', '--no-show-signature', '--format=%s', `${from}..${to}`, '--'];
  return (await git(args, { cwd: repo.root })).split('\0').filter((subject) => subject !== '');
}

async function commitsBetween(
  repo: Repository,
  from: string,
  to: string,
): Promise<{ readonly id: string; readonly parents: readonly string[] }[]> {
  const args = ['rev-list', '--reverse', '--topo-order', '--parents', `${from}..${to}`, '--'];
  const lines = (await git(args, { cwd: repo.root })).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [id = '', ...parents] = line.split(' ');
    return { id, parents };
  });
}

async function messageWith(repo: Repository, commit: string, trailers: readonly string[]): Promise<string> {
  const message = await git(['log', '-1', '--no-show-signature', '--format=%B', commit, '--'], { cwd: repo.root });
  // A `---` in a commit's message ends nothing.
  const how = ['--no-divider', '--if-exists', 'replace', ...trailers.flatMap((line) => ['--trailer', line])];
  // Of no repository: its settings (`trailer.*.command`) can be written by an agent, and name programs to run.
  return git(['interpret-trailers', ...how], { cwd: repo.root, input: message, env: { GIT_DIR: '/dev/null' } });
}
