import { foldName } from '../../core/scope/folded-name.js';
import type { RepositoryFile, WantedFiles } from '../../core/trust/files.js';
import { git } from '../door/execute.js';
import { readSmallBlobs } from '../held/blobs.js';
import type { Repository } from '../door/repository.js';

/** A hook script is a few KB; of a larger file only the id is shown. */
export const MOST_SHOWN_BYTES = 256 * 1024;

/** Shown in place of the text of a binary or large file. */
export function unshownText(id: string): string {
  return `binary or more than ${String(MOST_SHOWN_BYTES / 1024)} KB: git object ${id}`;
}

interface Entry {
  readonly mode: string;
  readonly id: string;
  readonly path: string;
}

/** A requested file whose text has not been read yet. */
interface Blob {
  readonly kind: 'blob';
  readonly path: string;
  readonly id: string;
}

/**
 * The requested files in a commit, ignoring case in names (a file system may too). Links inside the repository are
 * followed; links out of it and submodules are reported as such. Sorted by path.
 */
export async function readCommittedFiles(
  repo: Repository,
  commit: string,
  wanted: WantedFiles,
): Promise<RepositoryFile[]> {
  const heads = new Set([...wanted.files, ...wanted.folders].map((path) => path.split('/')[0] ?? path));
  const top = (await list(repo, commit, [])).filter(({ path }) => heads.has(foldName(path)));
  const found: (RepositoryFile | Blob)[] = [];
  for (const entry of top) {
    const entries = entry.mode === TREE ? await listInside(repo, entry) : [entry];
    for (const each of entries) found.push(...(await wantedOf(repo, commit, each, wanted)));
  }
  return withTexts(
    repo,
    found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
  );
}

/** The paths that are files of the commit, following links. */
export async function readFilesAt(
  repo: Repository,
  commit: string,
  paths: readonly string[],
): Promise<RepositoryFile[]> {
  const ends = await resolveAll(repo, commit, paths);
  const blobs = paths.flatMap((path, at): Blob[] => {
    const end = ends[at];
    return end?.kind === 'blob' ? [{ kind: 'blob', path, id: end.id }] : [];
  });
  return withTexts(repo, blobs);
}

/** Words per command line; the smallest limit of an operating system is 256 KB, a word has up to 1 KB. */
const WORDS_AT_ONCE = 60;

/**
 * What a commit contains at words that may be paths: files, following links; a submodule, or a folder that leads out of
 * the repository; and everything in a folder below `.claude/`.
 */
export async function readNamedFiles(
  repo: Repository,
  commit: string,
  words: readonly string[],
): Promise<RepositoryFile[]> {
  const ways = words.map((word) => word.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/')));
  const asked = [...new Set(ways.flat())];
  const entries = new Map<string, Entry>();
  for (let at = 0; at < asked.length; at += WORDS_AT_ONCE) {
    const some = asked.slice(at, at + WORDS_AT_ONCE);
    for (const entry of await list(repo, commit, [], some)) entries.set(entry.path, entry);
  }
  const found = new Map<string, RepositoryFile | Blob>();
  for (const way of ways) {
    const special = way.map((path) => entries.get(path)).find((entry) => entry !== undefined && isDetour(entry));
    const entry = special ?? entries.get(way.at(-1) ?? '');
    if (entry === undefined) continue;
    for (const each of await namedBy(repo, commit, entry, way.at(-1) ?? '')) found.set(each.path, each);
  }
  return withTexts(repo, [...found.values()]);
}

function isDetour({ mode }: Entry): boolean {
  return mode === LINK || mode === SUBMODULE;
}

async function namedBy(
  repo: Repository,
  commit: string,
  entry: Entry,
  word: string,
): Promise<(RepositoryFile | Blob)[]> {
  const { path, id } = entry;
  switch (entry.mode) {
    case SUBMODULE:
      return [{ kind: 'submodule', path, id }];
    case LINK: {
      const [end] = await resolveAll(repo, commit, [word]);
      if (end?.kind === 'blob') return [{ kind: 'blob', path: word, id: end.id }];
      return end === null
        ? [{ kind: 'link', path, target: await git(['cat-file', 'blob', id], { cwd: repo.root }) }]
        : [];
    }
    case TREE: {
      // a command such as `test src` operates on these folders and does not run them
      if (!path.startsWith('.claude/')) return [];
      const inside = await listInside(repo, entry);
      return inside.flatMap((each) => (isDetour(each) ? [] : [{ kind: 'blob', path: each.path, id: each.id }]));
    }
    default:
      return [{ kind: 'blob', path, id }];
  }
}

async function withTexts(repo: Repository, found: readonly (RepositoryFile | Blob)[]): Promise<RepositoryFile[]> {
  const ids = found.flatMap((each) => (each.kind === 'blob' ? [each.id] : []));
  const texts = await readSmallBlobs(repo, ids, MOST_SHOWN_BYTES);
  return found.map((each): RepositoryFile => {
    if (each.kind !== 'blob') return each;
    const text = texts.get(each.id);
    const isShown = text !== undefined && !text.includes('\0');
    return { kind: 'file', path: each.path, text: isShown ? text : unshownText(each.id) };
  });
}

const TREE = '040000';
const LINK = '120000';
const SUBMODULE = '160000';

async function wantedOf(
  repo: Repository,
  commit: string,
  entry: Entry,
  wanted: WantedFiles,
): Promise<(RepositoryFile | Blob)[]> {
  const { path, id, mode } = entry;
  const folded = foldName(path);
  const isInside = wanted.folders.some((folder) => folded.startsWith(`${folder}/`));
  switch (mode) {
    case SUBMODULE:
      return isInside || leadsTo(folded, wanted) ? [{ kind: 'submodule', path, id }] : [];
    case LINK:
      return isInside || leadsTo(folded, wanted) ? followed(repo, commit, entry, wanted) : [];
    default:
      return isInside || wanted.files.includes(folded) ? [{ kind: 'blob', path, id }] : [];
  }
}

/** Whether a requested file is at this path or below it. */
function leadsTo(path: string, { files, folders }: WantedFiles): boolean {
  return [...files, ...folders].some((each) => each === path || each.startsWith(`${path}/`));
}

/** The target of a link: the file, the requested files of a folder, or the link itself if it leads out. */
async function followed(
  repo: Repository,
  commit: string,
  link: Entry,
  wanted: WantedFiles,
): Promise<(RepositoryFile | Blob)[]> {
  const [end] = await resolveAll(repo, commit, [link.path]);
  switch (end?.kind) {
    case 'blob':
      return [{ kind: 'blob', path: link.path, id: end.id }];
    case 'tree': {
      const found: (RepositoryFile | Blob)[] = [];
      for (const entry of await listInside(repo, { mode: TREE, id: end.id, path: link.path })) {
        // A link behind a link is reported, not followed, which prevents cycles.
        const isPlain = entry.mode !== LINK && entry.mode !== SUBMODULE;
        const folded = foldName(entry.path);
        const isMeant = leadsTo(folded, wanted) || wanted.folders.some((folder) => folded.startsWith(`${folder}/`));
        if (isPlain) found.push(...(await wantedOf(repo, commit, entry, wanted)));
        else if (isMeant) found.push({ kind: 'link', path: entry.path, target: `git object ${entry.id}` });
      }
      return found;
    }
    default: {
      const target = await git(['cat-file', 'blob', link.id], { cwd: repo.root });
      return [{ kind: 'link', path: link.path, target }];
    }
  }
}

interface End {
  readonly kind: 'blob' | 'tree';
  readonly id: string;
}

/** What a commit has at each path, following links inside the repository; null if missing or outside. */
async function resolveAll(repo: Repository, commit: string, paths: readonly string[]): Promise<(End | null)[]> {
  const ends: (End | null)[] = [];
  for (const path of paths) {
    // One call per path: git's answer for a link that leads out contains the link text, which may contain newlines.
    const input = `${commit}:${path}\n`;
    const said = path.includes('\n')
      ? ''
      : await git(['cat-file', '--batch-check', '--follow-symlinks'], { cwd: repo.root, input });
    const [, id, kind] = /^([0-9a-f]+) (blob|tree) \d+\n/.exec(said) ?? [];
    ends.push(id !== undefined && (kind === 'blob' || kind === 'tree') ? { kind, id } : null);
  }
  return ends;
}

async function listInside(repo: Repository, tree: Entry): Promise<Entry[]> {
  return (await list(repo, tree.id, ['-r'])).map((entry) => ({ ...entry, path: `${tree.path}/${entry.path}` }));
}

async function list(
  repo: Repository,
  tree: string,
  flags: readonly string[],
  paths: readonly string[] = [],
): Promise<Entry[]> {
  const out = await git(['ls-tree', '-z', '--full-tree', ...flags, tree, ...paths], { cwd: repo.root });
  return out.split('\0').flatMap((record) => {
    const [, mode, id, path] = /^(\d+) \w+ ([0-9a-f]+)\t([\s\S]+)$/.exec(record) ?? [];
    return mode === undefined || id === undefined || path === undefined ? [] : [{ mode, id, path }];
  });
}
