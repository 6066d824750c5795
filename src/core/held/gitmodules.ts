import { printable } from '../text/untrusted-text.js';

/** A submodule as listed in `.gitmodules`; null: the setting is missing. */
export interface Module {
  readonly name: string;
  readonly path: string | null;
  readonly url: string | null;
  readonly update: string | null;
}

/** The submodules in `git config --list -z` output, `key\nvalue` records; the last value of a setting is used. */
export function modulesOf(output: string): Module[] {
  const modules = new Map<string, Module>();
  for (const record of output.split('\0')) {
    const end = record.indexOf('\n');
    const [key, value] = end < 0 ? [record, ''] : [record.slice(0, end), record.slice(end + 1)];
    const found = /^submodule\.([\s\S]+)\.(path|url|update)$/.exec(key);
    const [, name, setting] = found ?? [];
    if (name === undefined || setting === undefined) continue;
    const module = modules.get(name) ?? { name, path: null, url: null, update: null };
    modules.set(name, { ...module, [setting]: setting === 'path' ? value.replace(/\/+$/, '') : value });
  }
  return [...modules.values()];
}

/** Why an entry cannot be used, as a fragment after its name, and the setting concerned; null: the whole entry. */
export interface ModuleFault {
  readonly why: string;
  readonly setting: 'url' | 'update' | null;
}

/** Null if the entry can be used. Git itself refuses most unusable ones. */
export function moduleFault({ name, path, url, update }: Module): ModuleFault | null {
  const fault = (why: string, setting: ModuleFault['setting'] = null): ModuleFault => ({ why, setting });
  if (name.split(/[\\/]/).includes('..')) return fault('has a name that leads out of the git folder; git ignores it');
  if (path === null || path === '') return fault('has no path');
  if (path.startsWith('-')) return fault('has a path that git would read as an option');
  if (isOutside(path)) return fault(`has the path ${printable(path)}, which is outside the repository`);
  if (url === null || url === '') return fault('has no URL', 'url');
  if (update?.startsWith('!') === true) {
    return fault(`runs a command on update (${printable(update.slice(0, 80))}); git refuses it`, 'update');
  }
  const why = urlFault(url);
  return why === null ? null : fault(why, 'url');
}

function isOutside(path: string): boolean {
  return path.startsWith('/') || path.split('/').some((part) => part === '..' || part.toLowerCase() === '.git');
}

function urlFault(url: string): string | null {
  const shown = `has the URL ${shownUrl(url)}`;
  if (url.startsWith('-')) return `${shown}, which git would read as an option`;
  if (/[\p{Cc}]/u.test(url) || /%0[ad]/i.test(url)) return `${shown} with control characters`;
  if (isRelativeUrl(url)) return null;
  if (/^[\w+.-]*::/.test(url)) return `${shown}, which starts a program`;
  const scheme = /^([\w+.-]+):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'file' || url.startsWith('/') || /^[A-Za-z]:[\\/]/.test(url))
    return `${shown}, a path on this machine`;
  if (scheme === undefined) return /^[^/]+:/.test(url) ? null : `${shown}, a path on this machine`;
  return ASKED_SCHEMES.includes(scheme) ? null : `${shown}, whose protocol git does not support`;
}

/** Protocols that may be used to check a commit, and in `.gitmodules`. */
export const ASKED_SCHEMES: readonly string[] = ['https', 'http', 'ssh', 'git'];

export function isRelativeUrl(url: string): boolean {
  return url.startsWith('./') || url.startsWith('../');
}

/** A URL as git resolves it against the URL of the repository; null if it goes up too far. */
export function resolvedUrl(url: string, remote: string): string | null {
  if (!isRelativeUrl(url)) return url;
  let base = remote.replace(/\/+$/, '');
  let rest = url;
  let separator = '/';
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) {
      rest = rest.slice(3);
      const slash = base.lastIndexOf('/');
      const end = slash < 0 ? base.lastIndexOf(':') : slash; // git@host:repository
      if (end < 0) return null;
      separator = slash < 0 ? ':' : '/';
      base = base.slice(0, end);
    } else break;
  }
  return `${base}${separator}${rest.replace(/\/+$/, '')}`;
}

/** Without password or token, and with invisible characters escaped. */
export function shownUrl(url: string): string {
  return printable(url.replace(/^([\w+.-]+:\/\/)[^/@]*@/, '$1').slice(0, 300));
}
