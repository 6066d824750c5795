import { foldName } from '../scope/folded-name.js';
import { itemOf, type RepositoryFile, type TrustItem, type WantedFiles } from '../trust/files.js';
import { AGENTS } from './kinds.js';

/**
 * The files that agent programs of all kinds read from a repository by themselves. `agent.command` may start any of these
 * programs, so the files of all kinds always need consent.
 */
const PROJECTS = AGENTS.flatMap(({ project }) => project ?? []);

/** o8's own settings, read from the checkout. */
export const SETTINGS_FILE = '.claude/parallel-config.json';
export const WORKER_RULES = '.claude/agents/worker.md';
export const MERGER_RULES = '.claude/agents/merger.md';
/** Rules for agents that o8 reads from a commit. */
const RULES: readonly string[] = [WORKER_RULES, MERGER_RULES];

/** All files of a commit that may need consent. */
export const WANTED_FILES: WantedFiles = {
  files: [SETTINGS_FILE, ...RULES, ...PROJECTS.flatMap(({ wanted }) => wanted.files)],
  folders: PROJECTS.flatMap(({ wanted }) => wanted.folders),
};

/**
 * The files of a commit that need consent: rules for agents, the slash command that tasks call (`skill`: the paths that
 * may define it, empty for tasks with their own prompts), and files that agent programs read.
 */
export function agentItems(files: readonly RepositoryFile[], skill: readonly string[]): TrustItem[] {
  const own = files
    .filter(({ path }) => RULES.includes(foldName(path)) || skill.some((each) => belongsTo(each, path)))
    .map((file) => itemOf(null, file));
  const known = new Set(own.map(({ from }) => from));
  const ofKinds = PROJECTS.flatMap(({ itemsOf }) => itemsOf(files, skill.length > 0));
  return [...own, ...ofKinds.filter(({ from }) => !known.has(from))].sort(byPath);
}

/** Words of the commands in a settings file; some may be paths in the repository. */
export function namedWords({ from, text }: Pick<TrustItem, 'from' | 'text'>): string[] {
  return PROJECTS.flatMap(({ commandWords }) => commandWords(from, text));
}

/** Texts of project settings, by path, that can be passed to an agent explicitly. */
export function settingsTexts(items: readonly TrustItem[]): Record<string, string> {
  const files = new Set(PROJECTS.map(({ settingsFile }) => settingsFile));
  return Object.fromEntries(items.flatMap(({ from, text }) => (files.has(from) ? [[from, text]] : [])));
}

/** A skill includes its whole folder, because SKILL.md can name files there to read and run. */
function belongsTo(skill: string, path: string): boolean {
  const [wanted, there] = [foldName(skill), foldName(path)];
  if (there === wanted) return true;
  return wanted.endsWith('/skill.md') && there.startsWith(wanted.slice(0, -'skill.md'.length));
}

function byPath(a: TrustItem, b: TrustItem): number {
  return a.from < b.from ? -1 : a.from > b.from ? 1 : 0;
}
