import { foldName } from '../../scope/folded-name.js';
import { itemOf, MOST_WORDS, type RepositoryFile, type TrustItem, type WantedFiles } from '../../trust/files.js';

/** How Claude Code is named in the table of kinds, and where it records which folders its user trusts. */
export const CLAUDE = 'claude';

/** The settings that a repository shares. */
export const CLAUDE_SETTINGS = '.claude/settings.json';
const SETTINGS: readonly string[] = [CLAUDE_SETTINGS, '.claude/settings.local.json'];
/** Workers get no servers of a project (`--strict-mcp-config`); a person who attaches to a session does. */
const SERVERS = '.mcp.json';
const DEFINITIONS: readonly string[] = ['.claude/agents', '.claude/commands', '.claude/skills'];

export const CLAUDE_FILES: WantedFiles = { files: [...SETTINGS, SERVERS], folders: DEFINITIONS };

/** Settings that neither run nor redirect anything and only take permissions away; every other key counts. */
const HARMLESS: ReadonlySet<string> = new Set([
  '$schema',
  'alwaysThinkingEnabled',
  'attribution',
  'cleanupPeriodDays',
  'companyAnnouncements',
  'gitAttribution',
  'includeCoAuthoredBy',
  'language',
  'prefersReducedMotion',
  'respectGitignore',
  'showTurnDuration',
  'spinnerTipsEnabled',
  'terminalProgressBarEnabled',
]);
const HARMLESS_PERMISSIONS: ReadonlySet<string> = new Set(['ask', 'deny', 'disableBypassPermissionsMode']);

/** Keys of a definition's frontmatter that neither run anything nor widen what its agent may do; every other one counts. */
const HARMLESS_KEYS: ReadonlySet<string> = new Set([
  ...['agent', 'argument-hint', 'arguments', 'author', 'background', 'category', 'color', 'context', 'description'],
  ...['disable-model-invocation', 'disallowed-tools', 'disallowedtools', 'effort', 'isolation', 'license', 'maxturns'],
  ...['model', 'name', 'skills', 'tags', 'tools', 'user-invocable', 'version', 'when-to-use', 'when_to_use'],
]);
/** Wherever it stands: what a reader of YAML makes of an indented line depends on the lines around it. */
const POWERS = /^[ \t]*["']?(allowed-?tools|hooks|mcp-?servers|permission-?mode)["']?[ \t]*:/im;
/** A command's text runs these lines before the model reads it. */
const RUNS_A_LINE = /!`|```!/;

/**
 * Settings with hooks, environment, helpers, servers, allowed tools, a permission mode, plugins or anything else that is
 * not known to be harmless, servers, and where tasks call a command (`callsCommands`) the definitions that bring such
 * powers. The file of the command itself is the caller's business.
 */
export function claudeItems(files: readonly RepositoryFile[], callsCommands: boolean): TrustItem[] {
  return files.filter((file) => counts(file, callsCommands)).map((file) => itemOf(CLAUDE, file));
}

function counts(file: RepositoryFile, callsCommands: boolean): boolean {
  const path = foldName(file.path); // where the file system folds case, `.Claude` is found too
  if (SETTINGS.includes(path)) return file.kind !== 'file' || !isHarmless(file.text);
  if (path === SERVERS) return file.kind !== 'file' || file.text.trim() !== '';
  if (SETTINGS.some((name) => name.startsWith(`${path}/`))) return true; // the folder is a link or a submodule
  const isDefinition = DEFINITIONS.some((folder) => path === folder || path.startsWith(`${folder}/`));
  if (!isDefinition || !callsCommands) return false;
  return file.kind !== 'file' || (path.endsWith('.md') && hasPowers(file.text));
}

function isHarmless(text: string): boolean {
  if (text.trim() === '') return true;
  const settings = parsedObject(text);
  if (settings === null) return false;
  return Object.entries(settings).every(([key, value]) =>
    key === 'permissions' ? isHarmlessPermissions(value) : HARMLESS.has(key),
  );
}

function isHarmlessPermissions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([key, rules]) => HARMLESS_PERMISSIONS.has(key) || (Array.isArray(rules) && rules.length === 0),
  );
}

function hasPowers(text: string): boolean {
  if (RUNS_A_LINE.test(text)) return true;
  const begins = /^[\s\uFEFF]*---([^-\n][^\n]*)?\n/.exec(text);
  if (begins === null) return false;
  const frontmatter = text.slice(begins[0].length).split(/\n---/)[0] ?? '';
  return /\S/.test(begins[1] ?? '') || POWERS.test(frontmatter) || !isPlain(frontmatter);
}

/** Keys as everybody writes them, all of them harmless. Another spelling (quotes, braces, anchors, `?`) could hide one. */
function isPlain(frontmatter: string): boolean {
  let inside = false;
  for (const line of frontmatter.split(/\r\n|[\r\n\u0085\u2028\u2029]/)) {
    const key = /^([A-Za-z][\w-]*)[ \t]*:(?:[ \t]|$)/.exec(line)?.[1];
    if (key !== undefined) {
      if (!HARMLESS_KEYS.has(key.toLowerCase())) return false;
      inside = true;
    } else if (!/^[ \t]*(?:#|$)/.test(line) && !(inside && /^(?:[ \t]|- )/.test(line))) {
      return false;
    }
  }
  return true;
}

/** Under such keys a setting names a program or its arguments; they differ from version to version. */
const COMMAND_KEY = /command|args|notify|helper|refresh|export/i;

/**
 * The words of the commands in a JSON file of settings or servers, of which some may be paths of the repository: also
 * behind a variable or `$(…)`, in quotes, and below the folders that a command goes to. At most `MOST_WORDS` and one.
 */
export function commandWords(text: string): string[] {
  const words = new Set<string>();
  for (const command of commandsIn(parsed(text), false)) {
    const found = wordsOf(command);
    const folders = [...command.matchAll(/(?:^|[\s;&|("'`])(?:cd|pushd|-C|--prefix|--cwd)[\s=]+["']?([^\s"';&|)]+)/g)];
    for (const folder of ['', ...folders.map(([, name]) => `${name ?? ''}/`)]) {
      for (const word of found) {
        const path = pathOf(`${folder}${word}`);
        if (path !== null) words.add(path);
        if (words.size > MOST_WORDS) return [...words];
      }
    }
  }
  return [...words];
}

function wordsOf(command: string): string[] {
  const plain = command.replaceAll(/"?\$\{?CLAUDE_PROJECT_DIR\}?"?\/?/g, '');
  const quoted = [...plain.matchAll(/"([^"]+)"|'([^']+)'/g)].map(([, double, single]) => double ?? single ?? '');
  return [...plain.split(/[\s"'`;&|<>()=,]+/), plain, ...quoted];
}

/** Null for what cannot be a path of the repository. Of one behind a variable or from the root the rest may be. */
function pathOf(word: string): string | null {
  if (word === '' || word.length > 1024 || /^[-~]|[\n\0]/.test(word)) return null;
  const parts: string[] = [];
  for (const part of word.replace(/^\$[^/]*(?=\/)/, '').split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? null : parts.join('/');
}

function commandsIn(value: unknown, isCommand: boolean): string[] {
  if (typeof value === 'string') return isCommand ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => commandsIn(inner, isCommand || COMMAND_KEY.test(key)));
}

/** Null for a text that is no JSON object. */
export function parsedObject(text: string): Record<string, unknown> | null {
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined; // not JSON: what Claude Code makes of it is its own business
  }
}
