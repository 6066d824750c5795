import { join } from 'node:path';
import type { ChangedLine, FileParts } from '../../core/scope/scope-check.js';
import { definitionChains, hasWord } from '../../core/scope/definition-chain.js';
import { definitionLines, diffDrivers } from './definition-lines.js';
import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** Paths per git process: 100 of the longest (4096 bytes) fit into the argument limit of macOS (1 MB). */
const PATHS_AT_ONCE = 100;

/**
 * The changed lines of files that exist in both commits, with the definitions around them according to git's hunk
 * header patterns; `unknown` if git has no pattern for the language. Starts few processes, however many lines there
 * are.
 */
export async function readFileParts(
  repo: Repository,
  { from, to }: { readonly from: string; readonly to: string },
  paths: readonly string[],
): Promise<Map<string, FileParts>> {
  const parts = new Map<string, FileParts>(paths.map((path) => [path, { kind: 'unknown' }]));
  const drivers = await diffDrivers(repo, paths);
  const files: { path: string; driver: string; diff: WholeDiff }[] = [];
  const read = paths.filter((path) => drivers.has(path));
  for (let at = 0; at < read.length; at += PATHS_AT_ONCE) {
    for (const [path, diff] of await wholeDiffs(repo, { from, to }, read.slice(at, at + PATHS_AT_ONCE))) {
      const driver = drivers.get(path);
      if (driver !== undefined && diff !== null) files.push({ path, driver, diff });
    }
  }
  const definitions = await definitionLines(
    repo,
    files.map(({ driver, diff }) => ({ driver, lines: [...diff.old.lines, ...diff.new.lines] })),
  );
  for (const { path, driver, diff } of files) {
    const known = definitions.get(driver);
    if (known !== undefined)
      parts.set(
        path,
        partsOf(diff, (line) => known.has(line)),
      );
  }
  return parts;
}

function partsOf(diff: WholeDiff, isDefinition: (line: string) => boolean): FileParts {
  const versions = (['old', 'new'] as const).map((version) => {
    const { lines, changed } = diff[version];
    const chains = definitionChains(lines, isDefinition);
    return {
      definitions: chains.filter((_, at) => isDefinition(lines[at] ?? '')),
      // Among several equal brackets or blank lines, git guesses which one is new.
      changed: changed
        .filter((at) => hasWord(lines[at] ?? ''))
        .map((at): ChangedLine => ({ version, line: at + 1, enclosing: chains[at] ?? [] })),
    };
  });
  return {
    kind: 'known',
    definitions: versions.flatMap(({ definitions }) => definitions),
    changed: versions.flatMap(({ changed }) => changed),
  };
}

/** All lines of a version without line ends, and the indexes of those that are only in this version. */
interface Version {
  readonly lines: string[];
  readonly changed: number[];
}

interface WholeDiff {
  readonly old: Version;
  readonly new: Version;
}

const EVERY_LINE = 100_000_000; // more lines than a file below LARGEST_FILE can have
const LARGEST_FILE = 8 * 1024 * 1024; // no source file is this long; git treats longer files as binary

/** Both versions of each file from one diff with the whole file as context; null for binary and mode-only changes. */
async function wholeDiffs(
  repo: Repository,
  { from, to }: { readonly from: string; readonly to: string },
  paths: readonly string[],
): Promise<[string, WholeDiff | null][]> {
  // Ignores the repository's settings, which could start programs, and all attributes, because a misconfigured driver
  // would make git fail.
  const safe = ['--no-ext-diff', '--no-textconv', '--no-color', '--ignore-submodules=none', '--submodule=short'];
  const nowhere = ['--bare', `--git-dir=${repo.commonDir}`, '-c', `core.bigFileThreshold=${LARGEST_FILE}`];
  const format = [
    '-r',
    '-p',
    `-U${EVERY_LINE}`,
    '--indent-heuristic',
    '--no-renames',
    '--diff-filter=M',
    '--full-index',
  ];
  const args = [...nowhere, '--literal-pathspecs', 'diff-tree', ...safe, ...format, from, to, '--', ...paths];
  const out = await git(args, { cwd: repo.commonDir, env: { GIT_INDEX_FILE: join(repo.commonDir, 'o8-no-index') } });
  // Headers quote unusual paths, so files are matched by order: git sorts them by bytes.
  const ordered = [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const diffs = parseDiffs(out.split('\n'));
  if (diffs.length !== ordered.length) throw new Error(`git diff-tree gave ${diffs.length} of ${ordered.length} files`);
  return ordered.map((path, at) => [path, diffs[at] ?? null]);
}

function parseDiffs(output: readonly string[]): (WholeDiff | null)[] {
  const diffs: (WholeDiff | null)[] = [];
  let at = 0;
  while (at < output.length) {
    const header = output[at] ?? '';
    at += 1;
    if (header.startsWith('diff --git ')) diffs.push(null);
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(header);
    if (hunk === null) continue;
    const [old, current] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    const diff: WholeDiff = { old: { lines: [], changed: [] }, new: { lines: [], changed: [] } };
    // The hunk's line counts mark its end, because a line of the file can look like a header.
    for (; diff.old.lines.length < old || diff.new.lines.length < current; at += 1) {
      const line = output[at];
      if (line === undefined) throw new Error('git diff-tree ended in the middle of a file');
      addLine(diff, line);
    }
    diffs[diffs.length - 1] = diff;
  }
  return diffs;
}

/** A line starts with `+`, `-` or a blank; `\ No newline at end of file` is not a line. */
function addLine(diff: WholeDiff, line: string): void {
  const sign = line.charAt(0);
  if (sign === '\\') return;
  const text = line.slice(1).replace(/\r$/, '');
  for (const version of ['old', 'new'] as const) {
    if (sign === (version === 'old' ? '+' : '-')) continue;
    if (sign !== ' ') diff[version].changed.push(diff[version].lines.length);
    diff[version].lines.push(text);
  }
}
