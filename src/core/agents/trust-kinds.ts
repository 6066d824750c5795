import { foldName } from '../scope/folded-name.js';
import { itemOf, type RepositoryFile, type TrustItem, type WantedFiles } from '../trust/files.js';
import { AGENTS } from './kinds.js';

/**
 * What the programs of all kinds take from a repository by themselves. `agent.command` can be any program, one that starts
 * one of these too, so all of them always count.
 */
const PROJECTS = AGENTS.flatMap(({ project }) => project ?? []);

/** o8's own settings, which count as the checkout has them. */
export const SETTINGS_FILE = '.claude/parallel-config.json';
export const WORKER_RULES = '.claude/agents/worker.md';
/** What o8 reads of a commit for its agents. */
const RULES: readonly string[] = [WORKER_RULES, '.claude/agents/merger.md'];

/** Everything of a commit that can need consent. */
export const WANTED_FILES: WantedFiles = {
  files: [SETTINGS_FILE, ...RULES, ...PROJECTS.flatMap(({ wanted }) => wanted.files)],
  folders: PROJECTS.flatMap(({ wanted }) => wanted.folders),
};

/**
 * What a commit brings for the agents: rules that o8 gives them, the command that tasks call (`skill`: the
 * paths that may define it, none for tasks with a prompt of their own), and what the agents' programs read.
 */
export function agentItems(files: readonly RepositoryFile[], skill: readonly string[]): TrustItem[] {
  const own = files
    .filter(({ path }) => RULES.includes(foldName(path)) || skill.some((each) => belongsTo(each, path)))
    .map((file) => itemOf(null, file));
  const known = new Set(own.map(({ from }) => from));
  const ofKinds = PROJECTS.flatMap(({ itemsOf }) => itemsOf(files, skill.length > 0));
  return [...own, ...ofKinds.filter(({ from }) => !known.has(from))].sort(byPath);
}

/** Words of the commands in a file of settings, of which some may be paths of the repository. */
export function namedWords({ from, text }: Pick<TrustItem, 'from' | 'text'>): string[] {
  return PROJECTS.flatMap(({ commandWords }) => commandWords(from, text));
}

/** The texts of project settings among these items that can be given to an agent explicitly, by path. */
export function settingsTexts(items: readonly TrustItem[]): Record<string, string> {
  const files = new Set(PROJECTS.map(({ settingsFile }) => settingsFile));
  return Object.fromEntries(items.flatMap(({ from, text }) => (files.has(from) ? [[from, text]] : [])));
}

/** A skill is its whole folder: what SKILL.md names is read and run from there. */
function belongsTo(skill: string, path: string): boolean {
  const [wanted, there] = [foldName(skill), foldName(path)];
  if (there === wanted) return true;
  return wanted.endsWith('/skill.md') && there.startsWith(wanted.slice(0, -'skill.md'.length));
}

function byPath(a: TrustItem, b: TrustItem): number {
  return a.from < b.from ? -1 : a.from > b.from ? 1 : 0;
}
