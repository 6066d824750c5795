import { failpoint } from '../../core/base/failpoint.js';
import { printable, type GitResult } from '../door/execute.js';
import type { Repository } from '../door/repository.js';
import { askRemote, lastWords, NOT_REACHED, unreachable, type RemoteBranch, type Unreachable } from './ask-remote.js';
import { remoteHead } from './fetch-branch.js';
import { pushHooks } from './push-hook.js';

export type Pushed =
  /** Also if it was there already. */
  | { readonly kind: 'pushed' }
  /** The remote has another commit than `expected`, null for no such branch, and was left so. */
  | { readonly kind: 'moved'; readonly actual: string | null }
  /** By the user's `pre-push` hook, or by a rule or a hook of the remote. */
  | { readonly kind: 'refused'; readonly why: string }
  | Unreachable;

/** Puts `commit` on a remote's branch if it still is at `expected` (null: if there is no such branch). */
export async function pushBranch(
  repo: Repository,
  { remote, branch, commit, expected }: RemoteBranch & { readonly commit: string; readonly expected: string | null },
): Promise<Pushed> {
  failpoint('remote.push.before');
  const result = await push(repo, { remote, branch, expected }, commit);
  failpoint('remote.push.after');
  if (result !== null && 'kind' in result) return result;
  if (result === null || result.code === NOT_REACHED) return unreachable(result);
  if (result.code === 0) return { kind: 'pushed' };
  // The exit code does not say why: what the remote has now does.
  const now = await remoteHead(repo, { remote, branch });
  if (now.kind === 'unreachable') return now;
  if (now.commit === commit) return { kind: 'pushed' };
  return now.commit === expected ? { kind: 'refused', why: refusal(result) } : { kind: 'moved', actual: now.commit };
}

export type Deleted = { readonly kind: 'deleted' } | Exclude<Pushed, { kind: 'pushed' }>;

/** Deletes a remote's branch if it still is at `expected`; one that is gone already counts as deleted. */
export async function deleteRemoteBranch(
  repo: Repository,
  { remote, branch, expected }: RemoteBranch & { readonly expected: string },
): Promise<Deleted> {
  failpoint('remote.delete_branch.before');
  const result = await push(repo, { remote, branch, expected }, null);
  failpoint('remote.delete_branch.after');
  if (result !== null && 'kind' in result) return result;
  if (result === null || result.code === NOT_REACHED) return unreachable(result);
  if (result.code === 0) return { kind: 'deleted' };
  const now = await remoteHead(repo, { remote, branch });
  if (now.kind === 'unreachable') return now;
  if (now.commit === null) return { kind: 'deleted' };
  return now.commit === expected ? { kind: 'refused', why: refusal(result) } : { kind: 'moved', actual: now.commit };
}

/** `commit` null: deletes the branch. */
async function push(
  repo: Repository,
  { remote, branch, expected }: RemoteBranch & { readonly expected: string | null },
  commit: string | null,
): Promise<GitResult | Extract<Pushed, { kind: 'refused' }> | null> {
  const hooks = await pushHooks(repo);
  if (hooks.kind === 'changed') {
    return { kind: 'refused', why: `the hook ${hooks.path} is not what it was before agents ran` };
  }
  const ref = `refs/heads/${branch}`;
  const lease = `--force-with-lease=${ref}:${expected ?? ''}`; // nothing: it must not exist
  const own = ['--porcelain', '--no-follow-tags', '--recurse-submodules=no', lease];
  const what = `${commit ?? ''}:${ref}`;
  return askRemote(repo, ['push', ...own, '--', remote, what], hooks.kind === 'hooks' ? hooks.config : []);
}

/** The remote says why in a line of its own, `! <from>:<to> [remote rejected] (<why>)`; without one, it was the hook here. */
function refusal(result: GitResult): string {
  const said = lastWords(result);
  const rejected = /^!\t[^\t]*\t(?:\[[^\]]*\] )?\(?(.*?)\)?$/m.exec(printable(result.stdout))?.[1];
  if (rejected === undefined) return `by the pre-push hook: ${said}`;
  return said.startsWith('remote: ') ? `${rejected}: ${said.slice('remote: '.length)}` : rejected;
}
