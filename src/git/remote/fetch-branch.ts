import { failpoint } from '../../core/base/failpoint.js';
import { printable, tryGit } from '../door/execute.js';
import { isAtLeast, type Repository } from '../door/repository.js';
import { resolveCommit } from '../refs/refs.js';
import { setTimeout as delay } from 'node:timers/promises';
import { askRemote, unreachable, type RemoteBranch, type Unreachable } from './ask-remote.js';
import { FetchTurns } from './fetch-turns.js';

export type Fetched =
  { readonly kind: 'fetched'; readonly commit: string } | { readonly kind: 'missing' } | Unreachable;

const turns = new FetchTurns<Fetched>();

/** Updates the remote-tracking ref of one branch, whatever the remote's own refspec says, and nothing else. */
export async function fetchBranch(repo: Repository, what: RemoteBranch): Promise<Fetched> {
  return turns.fetch(JSON.stringify([repo.commonDir, what.remote]), what.branch, async () => {
    for (let tries = 1; ; tries += 1) {
      const fetched = await fetchOnce(repo, what);
      if (!isLocked(fetched) || tries === MOST_TRIES) return fetched;
      await delay(AGAIN_MS);
    }
  });
}

/** A fetch of the user's, or of an editor that fetches by itself, holds the ref for a moment. */
const MOST_TRIES = 5;
const AGAIN_MS = 200;

const LOCKED = 'cannot lock ref';

function isLocked(fetched: Fetched): boolean {
  return fetched.kind === 'unreachable' && fetched.why.includes(LOCKED);
}

async function fetchOnce(repo: Repository, { remote, branch }: RemoteBranch): Promise<Fetched> {
  const ref = `refs/remotes/${remote}/${branch}`;
  const refspec = `+refs/heads/${branch}:${ref}`;
  failpoint('remote.fetch.before');
  const result = await askRemote(repo, [
    ...['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--refmap='],
    ...(isAtLeast(repo.version, 2, 29) ? ['--no-write-fetch-head'] : []),
    ...['--', remote, refspec],
  ]);
  failpoint('remote.fetch.after');
  if (result?.code === 0) {
    const commit = await resolveCommit(repo, ref);
    return commit === null ? { kind: 'missing' } : { kind: 'fetched', commit };
  }
  const said = printable(result?.stderr ?? '');
  const locked = said.split('\n').find((line) => line.includes(LOCKED));
  if (locked !== undefined) return { kind: 'unreachable', why: locked.replace('error: ', '') };
  return said.includes("couldn't find remote ref") ? { kind: 'missing' } : unreachable(result);
}

export type RemoteHead = { readonly kind: 'head'; readonly commit: string | null } | Unreachable;

/** The commit a remote has for a branch now, null for no such branch. Nothing is fetched. */
export async function remoteHead(repo: Repository, { remote, branch }: RemoteBranch): Promise<RemoteHead> {
  const ref = `refs/heads/${branch}`;
  const result = await askRemote(repo, ['ls-remote', '--quiet', '--', remote, ref]);
  if (result?.code !== 0) return unreachable(result);
  const line = result.stdout.split('\n').find((each) => each.endsWith(`\t${ref}`));
  return { kind: 'head', commit: line?.split('\t')[0] ?? null };
}

/** The addresses of a remote: as the settings have it, and where git goes, which differ by `insteadOf`. */
export async function remoteAddresses(repo: Repository, remote: string): Promise<string[]> {
  const written = await tryGit(['config', '--get', `remote.${remote}.url`], { cwd: repo.root });
  if (written.code !== 0) return [];
  const used = await tryGit(['ls-remote', '--get-url', '--', remote], { cwd: repo.root }); // asks nobody
  return [...new Set([written.stdout.trim(), ...(used.code === 0 ? [used.stdout.trim()] : [])])];
}
