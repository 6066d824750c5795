import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { git, gitFailure, tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** The languages for which git recognizes definitions (`man gitattributes`), by common file names. */
const LANGUAGES: Readonly<Record<string, readonly string[]>> = {
  ada: ['.adb', '.ads'],
  bash: ['.bash', '.sh'],
  cpp: ['.c', '.cc', '.cpp', '.cxx', '.h', '.hh', '.hpp', '.hxx'],
  csharp: ['.cs'],
  elixir: ['.ex', '.exs'],
  fortran: ['.f', '.f03', '.f08', '.f90', '.f95'],
  golang: ['.go'],
  java: ['.java'],
  kotlin: ['.kt', '.kts'],
  matlab: [],
  objc: ['.mm'],
  pascal: ['.pas'],
  perl: ['.pl', '.pm'],
  php: ['.php'],
  python: ['.py', '.pyi'],
  ruby: ['.rake', '.rb'],
  rust: ['.rs'],
  scheme: ['.scm'],
};
const BY_EXTENSION = new Map(
  Object.entries(LANGUAGES).flatMap(([driver, extensions]) => extensions.map((extension) => [extension, driver])),
);

/**
 * git's pattern for each path: the `diff` attribute of the user's checkout if git or the settings define it, otherwise
 * by file name. Paths without a pattern are omitted.
 */
export async function diffDrivers(repo: Repository, paths: readonly string[]): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map();
  const input = paths.map((path) => `${path}\0`).join('');
  const fields = (await git(['check-attr', '-z', '--stdin', 'diff'], { cwd: repo.root, input })).split('\0');
  const declared = paths.map((path, at) => ({ path, value: fields[at * 3 + 2] ?? 'unspecified' }));
  const custom = declared.some(({ value }) => !isBuiltIn(value) && !NO_DRIVER.has(value))
    ? await definedPatterns(repo)
    : new Map<string, string>();
  return new Map(
    declared.flatMap(({ path, value }) => {
      const known = isBuiltIn(value) || custom.has(value) ? value : BY_EXTENSION.get(extname(path).toLowerCase());
      return value === 'unset' || known === undefined ? [] : [[path, known]];
    }),
  );
}

function isBuiltIn(driver: string): boolean {
  return Object.hasOwn(LANGUAGES, driver);
}

const NO_DRIVER = new Set(['unspecified', 'set', 'unset']);

/** A line that matches no pattern; it makes git print the definition before it. */
const MARK = ')o8';
/**
 * Without a pattern, git treats every line that starts with a letter as a definition, so this git lacks the pattern.
 */
const PROBE = 'o8';
/** Every git has a pattern for C, and the languages are similar. */
const TAKES_THE_PROBE = 'cpp';

/**
 * The lines that start a definition, for each driver; drivers unknown to this git are omitted. `grep -p` prints the
 * last definition above a match, so each distinct line is followed by a line that matches.
 */
export async function definitionLines(
  repo: Repository,
  files: readonly { readonly driver: string; readonly lines: readonly string[] }[],
): Promise<Map<string, ReadonlySet<string>>> {
  const byDriver = new Map<string, Set<string>>();
  for (const { driver, lines } of files) {
    const known = byDriver.get(driver) ?? new Set([PROBE]);
    for (const line of lines) if (line.trim() !== '') known.add(line);
    byDriver.set(driver, known);
  }
  const asked = [...byDriver].map(([driver, lines]) => ({ driver, lines: [...lines] }));
  const custom = asked.some(({ driver }) => !isBuiltIn(driver)) ? await definedPatterns(repo) : NO_PATTERNS;
  const found = await askGit(asked, custom);
  return new Map(
    asked
      .map(({ driver, lines }, at) => [driver, new Set(lines.filter((_, line) => found.has(`${at}:${line}`)))] as const)
      .filter(([driver, lines]) => !lines.has(PROBE) || driver === TAKES_THE_PROBE),
  );
}

type Patterns = ReadonlyMap<string, string>;
const NO_PATTERNS: Patterns = new Map();

/** `diff.<driver>.xfuncname` from the settings, for drivers that git does not define. */
async function definedPatterns(repo: Repository): Promise<Patterns> {
  const args = ['config', '-z', '--get-regexp', '^diff\\..*\\.xfuncname$'];
  const result = await tryGit(args, { cwd: repo.root });
  if (result.code > 1) throw gitFailure(args, repo.root, result);
  const settings = result.stdout.split('\0').map((setting) => /^diff\.([^\n]+)\.xfuncname\n([^]*)$/.exec(setting));
  return new Map(
    settings.flatMap((setting) => {
      const [, driver = '', pattern = ''] = setting ?? [];
      return pattern === '' || isBuiltIn(driver) ? [] : [[driver, pattern]];
    }),
  );
}

/** Settings passed in the environment, which git supports since 2.31; an older git has only its built-in patterns. */
function settingsEnvironment(
  settings: readonly { readonly key: string; readonly value: string }[],
): Record<string, string> {
  const environment: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [at, { key, value }] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${at}`] = key;
    environment[`GIT_CONFIG_VALUE_${at}`] = value;
  }
  return environment;
}

/** The lines that are definitions, as `<driver index>:<line index>`. */
async function askGit(
  asked: readonly { readonly driver: string; readonly lines: readonly string[] }[],
  custom: Patterns,
): Promise<ReadonlySet<string>> {
  if (asked.length === 0) return new Set();
  const temporary = await mkdtemp(join(tmpdir(), 'o8-definitions-'));
  try {
    for (const [at, { lines }] of asked.entries()) {
      const draft = join(temporary, String(at));
      await writeFile(draft, lines.map((line) => `${line}\n${MARK}\n`).join(''));
    }
    const draft = join(temporary, 'attributes');
    await writeFile(draft, asked.map(({ driver }, at) => `/${at} diff=${driver}\n`).join(''));
    const patterns = asked.flatMap(({ driver }) => {
      const pattern = custom.get(driver);
      return pattern === undefined ? [] : [{ key: `diff.${driver}.xfuncname`, value: pattern }];
    });
    const format = ['--no-index', '-p', '-n', '-a', '--no-color', '--no-column', '--no-heading', '--no-break'];
    const names = asked.map((_, at) => String(at));
    const args = ['-c', `core.attributesFile=${draft}`, 'grep', ...format, '-G', '-e', `^${MARK}$`, '--', ...names];
    // Run outside the repository, so that its settings and attributes have no effect.
    const env = { GIT_CEILING_DIRECTORIES: tmpdir(), ...settingsEnvironment(patterns) };
    const result = await tryGit(args, { cwd: temporary, env });
    // A setting contains an invalid pattern: retry the other languages without it.
    if (result.code > 1 && patterns.length > 0) return await askGit(asked, NO_PATTERNS);
    if (result.code > 1) throw gitFailure(args, temporary, result);
    const named = result.stdout.split('\n').map((line) => /^(\d+)=(\d+)=/.exec(line));
    return new Set(
      named.flatMap((match) => (match === null ? [] : [`${match[1] ?? ''}:${(Number(match[2]) - 1) / 2}`])),
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
