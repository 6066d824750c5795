import { printable } from '../text/untrusted-text.js';

/** Symbolic links of a tree: path to link target. */
export type Links = ReadonlyMap<string, string>;

export interface UnusableLink {
  readonly path: string;
  readonly target: string;
  /** Fragment that follows the link's name. */
  readonly why: string;
}

const MOST_HOPS = 40; // as in Linux; a longer chain or a cycle leads nowhere, which does no harm
const LONGEST_TARGET = 4095; // PATH_MAX without its end: a longer link cannot be created

/** The links that lead out of the repository or into a git folder, or that cannot be checked out in a clone. */
export function unusableLinks(links: Links): UnusableLink[] {
  return [...links].flatMap(([path, target]) => {
    const why = whyUnusable(path, target, links);
    return why === null ? [] : [{ path, target, why }];
  });
}

function whyUnusable(path: string, target: string, links: Links): string | null {
  if (/(^|\/)\.gitmodules$/i.test(path)) return 'is a symbolic link, which git refuses to check out';
  if (target === '') return 'is a symbolic link without a target, which cannot be checked out';
  const bytes = Buffer.byteLength(target);
  if (bytes > LONGEST_TARGET) {
    return `is a symbolic link with a target of ${String(bytes)} bytes, which cannot be checked out`;
  }
  if (target.includes('\0')) return 'is a symbolic link with a zero byte in its target';
  const said = `is a symbolic link to ${printable(target.length > 200 ? `${target.slice(0, 200)}…` : target)}`;
  // Windows reads a backslash as a slash, and a letter with a colon as a drive.
  const ends = [target, ...(target.includes('\\') ? [target.replaceAll('\\', '/')] : [])].map((text) =>
    endOf(path, text, links),
  );
  if (ends.includes('absolute')) return `${said}, an absolute path`;
  if (ends.includes('outside')) return `${said}, which leads out of the repository`;
  if (ends.includes('git_folder')) return `${said}, which leads into a git folder`;
  return null;
}

/** The target of a link, resolved through the other links of the tree as an operating system does. */
function endOf(path: string, target: string, links: Links): 'inside' | 'outside' | 'absolute' | 'git_folder' {
  if (isAbsolute(target)) return 'absolute';
  const at = path.split('/').slice(0, -1);
  const rest = target.split('/').reverse();
  for (let hops = 0; rest.length > 0;) {
    const name = rest.pop() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (at.pop() === undefined) return 'outside';
      continue;
    }
    if (isGitFolder(name)) return 'git_folder';
    at.push(name);
    const next = links.get(at.join('/'));
    if (next === undefined) continue;
    hops += 1;
    if (hops > MOST_HOPS) return 'inside';
    if (isAbsolute(next)) return 'outside';
    at.pop();
    rest.push(...next.split('/').reverse());
  }
  return 'inside';
}

function isAbsolute(target: string): boolean {
  return target.startsWith('/') || target.startsWith('\\\\') || /^[A-Za-z]:[\\/]/.test(target);
}

/**
 * Including the names that macOS (ignored characters) and Windows (short name, trailing dots and blanks) treat as the
 * same.
 */
function isGitFolder(name: string): boolean {
  const plain = name.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '').toLowerCase();
  return /^(?:\.git|git~1)(?:[ .]*|:.*)$/.test(plain);
}

/** The links that the branch adds, without those already on the target. */
export function broughtLinks(before: Links, after: Links): UnusableLink[] {
  const had = new Set(unusableLinks(before).map(keyOf));
  return unusableLinks(after).filter((link) => !had.has(keyOf(link)));
}

export function keyOf({ path, target, why }: UnusableLink): string {
  return `link ${path}\0${target.slice(0, 200)}\0${why.slice(-40)}`;
}
