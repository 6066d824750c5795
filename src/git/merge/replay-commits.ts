import { commitAuthor, createCommit, createLandingCommit, treeOf } from '../door/commit.js';
import { git } from '../door/execute.js';
import { trialMerge } from './merge.js';
import { mergeBases } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';

/**
 * `unsuitable`: replaying these commits one by one on `onto` does not give the result of the merge; `why` is for the
 * user.
 */
export type Replayed =
  { readonly kind: 'replayed'; readonly commit: string } | { readonly kind: 'unsuitable'; readonly why: string };

/**
 * Recreates the commits of a branch on top of `onto` like a rebase, without a checkout. `tree` is the result of merging
 * the two: a different result is refused, so that the strategy never changes what is merged. Returns `onto` itself if the
 * branch adds nothing.
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
  if (base === undefined || bases.length > 1)
    return { kind: 'unsuitable', why: 'has more than one common ancestor with the target' };
  let commit = o.onto;
  let tree = await treeOf(repo, commit);
  for (const { id, parents } of await commitsBetween(repo, base, o.tip)) {
    const [parent] = parents;
    if (parent === undefined || parents.length > 1) return { kind: 'unsuitable', why: 'contains merge commits' };
    // A commit with `commit`'s files on top of `parent`, so that the merge uses the commit's original parent as the
    // base.
    const ours = await createCommit(repo, { tree, parents: [parent], message: 'pick\n' });
    const picked = await trialMerge(repo, { ours, theirs: id, scratchDir: o.scratchDir });
    if (picked.kind === 'conflict') return { kind: 'unsuitable', why: 'conflicts when replayed commit by commit' };
    if (picked.tree === tree) continue; // already contained
    tree = picked.tree;
    commit = await createLandingCommit(repo, {
      tree,
      parents: [commit],
      message: await messageWith(repo, id, o.trailers),
      author: await commitAuthor(repo, id),
    });
  }
  if (tree !== o.tree) return { kind: 'unsuitable', why: 'gives a different result when replayed' };
  return { kind: 'replayed', commit };
}

/** Subjects of the commits in `to` that are not in `from`, oldest first. */
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
  // By default a `---` line ends the message; commit messages may contain one.
  const how = ['--no-divider', '--if-exists', 'replace', ...trailers.flatMap((line) => ['--trailer', line])];
  // Run outside any repository: an agent can change its settings, and `trailer.*.command` starts programs.
  return git(['interpret-trailers', ...how], { cwd: repo.root, input: message, env: { GIT_DIR: '/dev/null' } });
}
