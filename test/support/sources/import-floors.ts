import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';

/** A source file: path from the project's root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Imports go strictly down. Folders of one floor never import each other. */
const FLOORS: Readonly<Record<string, number>> = {
  core: 0,
  git: 1,
  process: 1,
  store: 1,
  sources: 1,
  forge: 1,
  supervisor: 2,
  tools: 2,
  recovery: 2,
  mcp: 3,
  cli: 3,
};

/**
 * The rooms of a floor's folder, lowest first: a room imports the rooms before it and none behind it, so that no circle
 * can form between two. '' is the folder itself, `agents/*` the rooms there that are not named: one for each kind, which do
 * not know each other, between what all kinds share and what knows them all.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [
    ...['base', 'text', 'input', 'settings', 'held', 'trust', 'kept', 'surroundings', 'forge', 'plan', 'scope'],
    ...['agents/base', 'agents/*', 'agents', 'config', 'run', 'run/rules', 'merge', 'features', 'beads'],
    ...['preflight', 'report', 'commands'],
  ],
  git: [
    ...['settings', 'door', 'refs', 'diff', 'definitions', 'held', 'worktrees', 'kept', 'merge', 'checkout', 'trust'],
    ...['findings', 'surroundings', 'remote'],
  ],
  process: ['base', 'trees', 'programs', 'attempts'],
  store: ['files', 'journal', 'lock', 'runs', 'logs', 'trust', 'old-runs'],
  sources: ['files', 'manifest', 'features', 'beads', 'known', ''],
  forge: ['github'],
  supervisor: ['run', 'old-runs', 'attempts', 'merge', 'requests', 'pulls', 'beads', 'loop', ''],
  tools: ['context', 'predict', 'plan', 'run', '', 'terminal'],
  recovery: ['stand-ins', ''],
  mcp: [''],
  cli: ['context', 'print', 'follow', 'commands', ''],
};

/** A newcomer can read a folder's list at a glance. */
const MOST_FILES = 25;

/** Packages that have one door: the folders that may import them. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  execa: ['process'],
  'simple-git': ['git'],
  'proper-lockfile': ['store'],
  'node:child_process': ['git', 'process'],
  '@modelcontextprotocol/sdk': ['mcp'],
  commander: ['cli'],
  // The terminal has the types of the tools' answers and declares none again.
  zod: ['core', 'process', 'store', 'sources', 'forge', 'git', 'supervisor', 'tools', 'recovery', 'mcp'],
  '@inquirer/confirm': ['cli'],
  'log-update': ['cli'],
};

/** What decisions may use: nothing here reads or writes anything outside the process. */
const PURE = new Set([
  'zod',
  'minimatch',
  'ignore',
  'yaml',
  'node:buffer',
  'node:crypto',
  'node:path',
  'node:url',
  'node:util',
  'node:zlib',
]);

/** Files outside src/ that sources may import: text bundled into the programs. */
const BUNDLED_TEXT = /^((agents|commands|docs)\/[^/]+\.md|package\.json)$/;

const BUILTINS = new Set(builtinModules);

/** Every import that breaks the floors, as `file imports what: why`. Import kinds: static, type, re-export, dynamic. */
export function floorViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const folder = folderOf(file.path);
    if (folder === null) return file.path.endsWith('.d.ts') ? [] : [`${file.path}: not in a folder of a floor`];
    if (rankOf(folder, roomOf(file.path)) === -1) return [`${file.path}: not in a room of ${folder}/`];
    return importsOf(file.text).flatMap((specifier) => {
      const why = specifier.startsWith('.')
        ? relativeViolation(file.path, folder, posix.join(posix.dirname(file.path), specifier))
        : packageViolation(folder, packageOf(specifier));
      return why === null ? [] : [`${file.path} imports ${specifier}: ${why}`];
    });
  });
}

/** Folders of more than 25 files, as `folder: n files`. `paths` are files from the project's root. */
export function crowdedFolders(paths: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([, files]) => files > MOST_FILES)
    .map(([path, files]) => `${path}: ${String(files)} files`);
}

/** Base names that several files have, as `name: path, path`: two things of one name are hard to tell apart. */
export function sharedNames(paths: readonly string[]): string[] {
  const byName = new Map<string, string[]>();
  for (const path of paths) byName.set(posix.basename(path), [...(byName.get(posix.basename(path)) ?? []), path]);
  return [...byName].filter(([, of]) => of.length > 1).map(([name, of]) => `${name}: ${of.join(', ')}`);
}

/** Circles of imports, each as `a -> b -> a` from its first file by name; types count, as a reader follows them too. */
export function importCircles(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  const targets = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts'))
        .filter((target) => known.has(target)),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at !== -1) circles.push([...way.slice(at), path].join(' -> '));
    if (at !== -1 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) follow(target, [...way, path]);
    done.add(path);
  };
  for (const path of [...known].sort()) follow(path, []);
  return circles;
}

function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((imported) => imported.fileName);
}

function folderOf(path: string): string | null {
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  return folder !== undefined && folder in FLOORS ? folder : null;
}

function packageOf(specifier: string): string {
  if (BUILTINS.has(specifier)) return `node:${specifier}`;
  return /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0] ?? specifier;
}

/** `agents/claude` of `src/core/agents/claude/x.ts`; '' of a file in the folder of the floor itself. */
function roomOf(path: string): string {
  return posix.dirname(path).split('/').slice(2).join('/');
}

function relativeViolation(path: string, folder: string, target: string): string | null {
  if (!target.startsWith('src/')) return BUNDLED_TEXT.test(target) ? null : 'outside src/';
  const other = folderOf(target);
  if (other === folder) return roomViolation(folder, roomOf(path), roomOf(target));
  const from = FLOORS[folder];
  const to = other === null ? undefined : FLOORS[other];
  if (from === undefined || to === undefined) return 'not in a folder of a floor';
  return to < from ? null : `${folder}/ (floor ${from}) may not import ${other} (floor ${to})`;
}

function roomViolation(folder: string, from: string, to: string): string | null {
  const [rank, target] = [rankOf(folder, from), rankOf(folder, to)];
  if (target < rank || from === to) return null;
  const where = target === rank ? 'beside' : 'above';
  return `${posix.join(folder, from)}/ may not import ${posix.join(folder, to)}/, which is ${where} it`;
}

/** The place of a room in the order of its folder; -1 for one that has none. */
function rankOf(folder: string, room: string): number {
  const rooms = ROOMS[folder] ?? [];
  const named = rooms.indexOf(room);
  return named === -1 ? rooms.indexOf(posix.join(posix.dirname(room), '*')) : named;
}

function packageViolation(folder: string, name: string): string | null {
  const doors = DOORS[name];
  if (doors !== undefined && !doors.includes(folder))
    return `only ${doors.map((door) => `${door}/`).join(' and ')} may`;
  return folder === 'core' && !PURE.has(name) ? 'core/ is pure' : null;
}
