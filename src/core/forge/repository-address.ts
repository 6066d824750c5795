import { O8Error } from '../base/errors.js';
import { shellQuote } from '../base/shell-quote.js';
import type { Redactor } from '../text/redact.js';
import type { ForgeRepository } from './forge.js';

/** GitHub's address for ssh where only port 443 is open. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'ssh.github.com': 'github.com',
  'www.github.com': 'github.com',
};

/**
 * The repository that a remote's address names: `https://host/owner/name.git`, `ssh://git@host:22/owner/name` or
 * `git@host:owner/name`. Null for a path or another address. Passwords in it are dropped.
 */
export function repositoryOfAddress(address: string): ForgeRepository | null {
  const found = /^(?:https?|ssh|git):\/\//.test(address) ? partsOfUrl(address) : partsOfScp(address);
  if (found === null) return null;
  const words = found.path
    .replace(/\.git\/?$/, '')
    .split('/')
    .filter((word) => word !== '');
  const [owner, name] = words;
  if (owner === undefined || name === undefined || words.length !== 2 || found.host === '') return null;
  if (![owner, name].every((word) => /^[\w.-]+$/.test(word)) || !/^[\w.-]+(:\d+)?$/.test(found.host)) return null;
  const host = found.host.toLowerCase();
  return { host: OTHER_NAMES[host] ?? host, owner, name };
}

/** The repository behind a remote with these addresses. O8Error `refused` where none names a repository of a forge. */
export function forgeRepository(
  addresses: readonly string[],
  at: { readonly root: string; readonly remote: string; readonly redact: Redactor },
): ForgeRepository {
  const [repository] = addresses.flatMap((each) => repositoryOfAddress(each) ?? []);
  if (repository !== undefined) return repository;
  const { root, remote, redact } = at;
  const [address] = addresses;
  const what =
    address === undefined ? `has no remote ${remote}` : `has no address of a forge for ${remote}: ${redact(address)}`;
  const verb = address === undefined ? 'add' : 'set-url';
  throw new O8Error(
    'refused',
    `${root} ${what}`,
    `git remote ${verb} ${shellQuote(remote)} https://github.com/<owner>/<name>.git`,
  );
}

/** As in `GH_REPO`: `owner/name`, or `host/owner/name`. */
export function repositoryOfName(name: string): ForgeRepository | null {
  const words = name.split('/');
  return repositoryOfAddress(`https://${words.length === 2 ? 'github.com/' : ''}${name}`);
}

function partsOfUrl(address: string): { host: string; path: string } | null {
  try {
    const { protocol, hostname, host, pathname } = new URL(address);
    return { host: protocol.startsWith('http') ? host : hostname, path: pathname };
  } catch {
    return null;
  }
}

function partsOfScp(address: string): { host: string; path: string } | null {
  const [, host, path] = /^(?:[^@/:\s]+@)?([^@/:\s]+):(?!\/\/)(.+)$/.exec(address) ?? [];
  return host === undefined || path === undefined ? null : { host, path };
}
