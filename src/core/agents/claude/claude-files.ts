import { itemOf, type RepositoryFile, type TrustItem, type WantedFiles } from '../../trust/files.js';

/** How Claude Code is named in the table of kinds, and where it records which folders its user trusts. */
export const CLAUDE = 'claude';

const SETTINGS: readonly string[] = ['.claude/settings.json', '.claude/settings.local.json'];
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

/** Keys of a definition's frontmatter that run something or widen what its agent may do. */
const POWERS = /^[ \t]*["']?(allowed-?tools|hooks|mcp-?servers|permission-?mode)["']?[ \t]*:/im;
/** A command's text runs these lines before the model reads it. */
const RUNS_A_LINE = /!`|^```!/m;

/**
 * Settings with hooks, environment, helpers, servers, allowed tools, a permission mode, plugins or anything else that is
 * not known to be harmless, servers, and where tasks call a command (`callsCommands`) the definitions that bring such
 * powers. The file of the command itself is the caller's business.
 */
export function claudeItems(files: readonly RepositoryFile[], callsCommands: boolean): TrustItem[] {
  return files.filter((file) => counts(file, callsCommands)).map((file) => itemOf(CLAUDE, file));
}

function counts(file: RepositoryFile, callsCommands: boolean): boolean {
  const path = file.path.toLowerCase(); // where the file system folds case, `.Claude` is found too
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
  const frontmatter = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?:\r?\n---|$)/.exec(text)?.[1] ?? '';
  return POWERS.test(frontmatter) || RUNS_A_LINE.test(text);
}

/** Under such keys a setting names a program or its arguments; they differ from version to version. */
const COMMAND_KEY = /command|args|notify|helper|refresh|export/i;

/** The words of the commands in a JSON file of settings or servers, of which some may be paths of the repository. */
export function commandWords(text: string): string[] {
  const words = commandsIn(parsed(text), false).flatMap((command) =>
    command.replaceAll(/"?\$\{?CLAUDE_PROJECT_DIR\}?"?\/?/g, '').split(/[\s"'`;&|<>()=,]+/),
  );
  return [...new Set(words.map((word) => word.replace(/^(\.\/)+/, '')))].filter(isPath);
}

function isPath(word: string): boolean {
  return word !== '' && word.length < 256 && !/^[-/~$]/.test(word) && !word.split('/').includes('..');
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
