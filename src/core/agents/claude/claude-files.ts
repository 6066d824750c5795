import { foldName } from '../../scope/folded-name.js';
import { itemOf, MOST_WORDS, type RepositoryFile, type TrustItem, type WantedFiles } from '../../trust/files.js';

/** The kind's name. */
export const CLAUDE = 'claude';

/** The settings that a repository shares. */
export const CLAUDE_SETTINGS = '.claude/settings.json';
const SETTINGS: readonly string[] = [CLAUDE_SETTINGS, '.claude/settings.local.json'];
/** Workers do not use MCP servers of a project (`--strict-mcp-config`), but a person who attaches to a session does. */
const SERVERS = '.mcp.json';
const DEFINITIONS: readonly string[] = ['.claude/agents', '.claude/commands', '.claude/skills'];

export const CLAUDE_FILES: WantedFiles = { files: [...SETTINGS, SERVERS], folders: DEFINITIONS };

/** Settings that run or redirect nothing and only remove permissions; every other key needs consent. */
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

/** Frontmatter keys that run nothing and do not extend what an agent may do; every other key needs consent. */
const HARMLESS_KEYS: ReadonlySet<string> = new Set([
  ...['agent', 'argument-hint', 'arguments', 'author', 'background', 'category', 'color', 'context', 'description'],
  ...['disable-model-invocation', 'disallowed-tools', 'disallowedtools', 'effort', 'isolation', 'license', 'maxturns'],
  ...['model', 'name', 'skills', 'tags', 'tools', 'user-invocable', 'version', 'when-to-use', 'when_to_use'],
]);
/** Matched at any indentation: the meaning of an indented YAML line depends on the lines around it. */
const POWERS = /^[ \t]*["']?(allowed-?tools|hooks|mcp-?servers|permission-?mode)["']?[ \t]*:/im;
/** Lines that Claude Code runs before the model reads a command's text. */
const RUNS_A_LINE = /!`|```!/;

/**
 * The files that need consent: settings with anything not known to be harmless (hooks, environment, helpers, allowed
 * tools and so on), MCP servers, and, if tasks call a slash command (`callsCommands`), definitions with such keys. The
 * caller adds the file of the command itself.
 */
export function claudeItems(files: readonly RepositoryFile[], callsCommands: boolean): TrustItem[] {
  return files.filter((file) => counts(file, callsCommands)).map((file) => itemOf(CLAUDE, file));
}

function counts(file: RepositoryFile, callsCommands: boolean): boolean {
  const path = foldName(file.path); // on a case-insensitive file system `.Claude` is read too
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

/** Whether all keys are harmless and written plainly. Other syntax (quotes, braces, anchors, `?`) could hide a key. */
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

/** Keys under which settings name a program or its arguments; they differ between versions. */
const COMMAND_KEY = /command|args|notify|helper|refresh|export/i;

/**
 * The words of the commands in a JSON file of settings or servers; some may be paths in the repository, also after a
 * variable or `$(…)`, in quotes, or relative to a folder of a `cd`. At most `MOST_WORDS` + 1.
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

/** The word as a path in the repository, without a leading variable or slash; null if it cannot be one. */
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

/** Null for a text that is not a JSON object. */
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
    return undefined; // not JSON
  }
}
