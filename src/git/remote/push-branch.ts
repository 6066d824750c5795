import { failpoint } from '../../core/base/failpoint.js';
import { sanitizeLine } from '../../core/text/terminal-text.js';
import type { GitResult } from '../door/execute.js';
import type { Repository } from '../door/repository.js';
import { askRemote, unreachable, type RemoteBranch, type Unreachable } from './ask-remote.js';

export type Pushed =
  | { readonly kind: 'pushed' }
  /** The remote has another commit than `expected`. */
  | { readonly kind: 'moved' }
  /** By a rule or a hook of the remote. */
  | { readonly kind: 'refused'; readonly why: string }
  | Unreachable;

/**
 * Puts `commit` on a remote's branch if it still is at `expected` (null: if there is no such branch). The user's own hooks
 * do not run, as with every git of o8.
 */
export async function pushBranch(
  repo: Repository,
  { remote, branch, commit, expected }: RemoteBranch & { readonly commit: string; readonly expected: string | null },
): Promise<Pushed> {
  const ref = `refs/heads/${branch}`;
  failpoint('remote.push.before');
  const result = await askRemote(repo, [
    ...['push', '--quiet', '--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no'],
    ...[`--force-with-lease=${ref}:${expected ?? ''}`, '--', remote, `${commit}:${ref}`],
  ]);
  failpoint('remote.push.after');
  return pushed(result);
}

export type Deleted = { readonly kind: 'deleted' } | Exclude<Pushed, { kind: 'pushed' }>;

/** Deletes a remote's branch if it still is at `expected`; one that is gone already counts as deleted. */
export async function deleteRemoteBranch(
  repo: Repository,
  { remote, branch, expected }: RemoteBranch & { readonly expected: string },
): Promise<Deleted> {
  const ref = `refs/heads/${branch}`;
  failpoint('remote.delete_branch.before');
  const result = await askRemote(repo, [
    ...['push', '--quiet', '--porcelain', '--no-verify', `--force-with-lease=${ref}:${expected}`],
    ...['--', remote, `:${ref}`],
  ]);
  failpoint('remote.delete_branch.after');
  if (`${result?.stdout ?? ''}${result?.stderr ?? ''}`.includes('remote ref does not exist'))
    return { kind: 'deleted' };
  const end = pushed(result);
  return end.kind === 'pushed' ? { kind: 'deleted' } : end;
}

/** `--porcelain` has one line a ref: `!` for a refused one, with the reason in brackets at its end. */
function pushed(result: GitResult | null): Pushed {
  if (result?.code === 0) return { kind: 'pushed' };
  const line = result?.stdout.split('\n').find((each) => each.startsWith('!\t'));
  if (line === undefined) return unreachable(result);
  if (/\((?:stale info|fetch first|non-fast-forward)\)/.test(line) || line.includes('cannot lock ref'))
    return { kind: 'moved' };
  const said = (result?.stderr ?? '').split('\n').filter((each) => each.startsWith('remote: '));
  return { kind: 'refused', why: sanitizeLine([line.slice(2), ...said.slice(0, 5)].join('; ')) };
}
