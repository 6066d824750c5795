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
  mcp: 3,
  cli: 3,
};

/** Packages that have one door: the folders that may import them. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  execa: ['process'],
  'simple-git': ['git'],
  'proper-lockfile': ['store'],
  'node:child_process': ['git', 'process'],
  '@modelcontextprotocol/sdk': ['mcp'],
  commander: ['cli'],
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
    return importsOf(file.text).flatMap((specifier) => {
      const why = specifier.startsWith('.')
        ? relativeViolation(folder, posix.join(posix.dirname(file.path), specifier))
        : packageViolation(folder, packageOf(specifier));
      return why === null ? [] : [`${file.path} imports ${specifier}: ${why}`];
    });
  });
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

function relativeViolation(folder: string, target: string): string | null {
  if (!target.startsWith('src/')) return BUNDLED_TEXT.test(target) ? null : 'outside src/';
  const other = folderOf(target);
  if (other === folder) return null;
  const from = FLOORS[folder];
  const to = other === null ? undefined : FLOORS[other];
  if (from === undefined || to === undefined) return 'not in a folder of a floor';
  return to < from ? null : `${folder}/ (floor ${from}) may not import ${other} (floor ${to})`;
}

function packageViolation(folder: string, name: string): string | null {
  const doors = DOORS[name];
  if (doors !== undefined && !doors.includes(folder))
    return `only ${doors.map((door) => `${door}/`).join(' and ')} may`;
  return folder === 'core' && !PURE.has(name) ? 'core/ is pure' : null;
}
