import { join } from 'node:path';
import type { ChangedLine, FileParts } from '../../core/scope/scope-check.js';
import { definitionChains, hasWord } from '../../core/scope/definition-chain.js';
import { definitionLines, diffDrivers } from './definition-lines.js';
import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** Paths of one git: 100 of the longest (4096 bytes) fit into the arguments that macOS allows (1 MB). */
const PATHS_AT_ONCE = 100;

/**
 * The changed lines of files that both commits have, with the definitions around them, as git's own patterns for
 * hunk headers know them; `unknown` where git has none for the language. A few processes, however many lines.
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
      // Which of several equal brackets or blank lines is the new one is a guess of git's.
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

/** All lines of a version, without their ends, and the indexes of those that the other version has not. */
interface Version {
  readonly lines: string[];
  readonly changed: number[];
}

interface WholeDiff {
  readonly old: Version;
  readonly new: Version;
}

const EVERY_LINE = 100_000_000; // more lines than a file below LARGEST_FILE can have
const LARGEST_FILE = 8 * 1024 * 1024; // no source is this long; git takes what is longer for binary

/** Both versions of each file in one diff with all of the file as context; null for binary and mode-only changes. */
async function wholeDiffs(
  repo: Repository,
  { from, to }: { readonly from: string; readonly to: string },
  paths: readonly string[],
): Promise<[string, WholeDiff | null][]> {
  // Never what the repository's settings would have git run. A driver that they break would end git, so no attributes
  // either: neither those of a checkout nor those of an index.
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
  // A header quotes odd paths in a way of its own, but the files come in the order of their bytes.
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
    // The counts say where it ends: a line of the file can look like a header.
    for (; diff.old.lines.length < old || diff.new.lines.length < current; at += 1) {
      const line = output[at];
      if (line === undefined) throw new Error('git diff-tree ended in the middle of a file');
      addLine(diff, line);
    }
    diffs[diffs.length - 1] = diff;
  }
  return diffs;
}

/** `+`, `-` or a blank, then the line; `\ No newline at end of file` is none. */
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
