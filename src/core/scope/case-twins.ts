import { foldName } from './folded-name.js';

/**
 * Two paths of which macOS and Windows can check out only one: they are equal, or one contains the other, if case and
 * accents are ignored.
 */
export interface CaseTwins {
  /** The path that the branch adds. */
  readonly brought: string;
  readonly other: string;
}

/** For each path that a branch adds, the first conflicting path among `all` paths of the commit. */
export function caseTwins(added: readonly string[], all: Iterable<string>): CaseTwins[] {
  const files = new Map<string, string[]>();
  const folders = new Map<string, string[]>();
  for (const path of added) {
    note(files, foldName(path), path);
    for (const folder of foldersOf(path)) note(folders, foldName(folder), path);
  }
  const found = new Map<string, string>();
  const pair = (brought: string, other: string): void => {
    if (brought === other || found.has(brought) || found.get(other) === brought) return;
    found.set(brought, other);
  };
  for (const path of all) {
    const folded = foldName(path);
    for (const brought of files.get(folded) ?? []) pair(brought, path);
    for (const brought of folders.get(folded) ?? []) pair(brought, path);
    for (const folder of foldersOf(folded)) for (const brought of files.get(folder) ?? []) pair(brought, path);
  }
  return [...found].map(([brought, other]) => ({ brought, other }));
}

function note(paths: Map<string, string[]>, name: string, path: string): void {
  const known = paths.get(name);
  if (known === undefined) paths.set(name, [path]);
  else if (!known.includes(path)) known.push(path);
}

function* foldersOf(path: string): Generator<string> {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) yield path.slice(0, end);
}
