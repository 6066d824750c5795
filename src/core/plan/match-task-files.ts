/** The parts of a task file used for matching: its name without `.md`, and the id in its frontmatter, null if none. */
export interface MatchableFile {
  readonly stem: string;
  readonly id: string | null;
}

export type Match<File> =
  | { readonly kind: 'one'; readonly file: File }
  | { readonly kind: 'several'; readonly files: readonly File[] }
  | { readonly kind: 'none' };

export interface Matches<File> {
  /** By task id in the manifest. */
  readonly byId: ReadonlyMap<string, Match<File>>;
  /** Files that match no task. */
  readonly unused: readonly File[];
}

/**
 * Finds the file of each task id in the manifest: the file with that name or with that id in its frontmatter, otherwise
 * the one whose name or id starts with the task id and a dash (`task-001` matches `task-001-chunker.md`). If several
 * task ids match like that, the longest one gets the file.
 */
export function matchTaskFiles<File extends MatchableFile>(
  ids: readonly string[],
  files: readonly File[],
): Matches<File> {
  const known = new Set(ids);
  const byId = new Map<string, Match<File>>();
  const taken = new Set<File>();
  const take = (id: string, found: readonly File[]): void => {
    const [file, second] = found;
    if (file === undefined) return;
    byId.set(id, second === undefined ? { kind: 'one', file } : { kind: 'several', files: found });
    for (const each of found) taken.add(each);
  };
  for (const id of known) take(id, exactFiles(id, files, known));
  for (const id of known) {
    if (byId.has(id)) continue;
    take(
      id,
      files.filter((file) => !taken.has(file) && longestPrefix(file, known) === id),
    );
  }
  for (const id of known) if (!byId.has(id)) byId.set(id, { kind: 'none' });
  return { byId, unused: files.filter((file) => !taken.has(file)) };
}

function exactFiles<File extends MatchableFile>(
  id: string,
  files: readonly File[],
  known: ReadonlySet<string>,
): readonly File[] {
  const named = files.find((file) => file.stem === id && (file.id === id || file.id === null));
  if (named !== undefined) return [named];
  const declared = files.filter((file) => file.id === id);
  if (declared.length > 0) return declared;
  // The frontmatter has an id that is not in the manifest.
  return files.filter((file) => file.stem === id && file.id !== null && !known.has(file.id));
}

function longestPrefix({ stem, id }: MatchableFile, ids: ReadonlySet<string>): string | null {
  const names = id === null ? [stem] : [id, stem];
  const prefixes = [...ids].filter((each) => names.some((name) => name.startsWith(`${each}-`)));
  return prefixes.sort((a, b) => b.length - a.length)[0] ?? null;
}
