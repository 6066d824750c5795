import { agentItems, SETTINGS_FILE, WANTED_FILES } from '../../core/agents/agent-kinds.js';
import { commandWords } from '../../core/agents/claude/claude-files.js';
import { itemOf, type RepositoryFile, type TrustItem } from '../../core/trust/files.js';
import type { Repository } from '../door/repository.js';
import { readCommittedFiles, readFilesAt } from './committed-files.js';

/** More names than settings have; what is behind them is looked up one by one. */
const MOST_WORDS = 100;

/**
 * Everything of a commit that runs or redirects, with the files of the commit that its commands name. `settings`: o8's
 * settings where they are the repository's; `as_committed`: the commit's own. `skill`: see `agentItems`.
 */
export async function readTrustItems(
  repo: Repository,
  commit: string,
  o: { readonly skill: readonly string[]; readonly settings: RepositoryFile | 'as_committed' | null },
): Promise<TrustItem[]> {
  const files = await readCommittedFiles(repo, commit, WANTED_FILES);
  const committed = files.find(({ path }) => path.toLowerCase() === SETTINGS_FILE) ?? null;
  const settings = o.settings === 'as_committed' ? committed : o.settings;
  const items = [...(settings === null ? [] : [itemOf(null, settings)]), ...agentItems(files, o.skill)];
  return [...items, ...(await namedFiles(repo, commit, items))];
}

async function namedFiles(repo: Repository, commit: string, items: readonly TrustItem[]): Promise<TrustItem[]> {
  const known = new Set(items.map(({ from }) => from));
  const named: TrustItem[] = [];
  for (const { kind, from, text } of items) {
    if (!from.endsWith('.json')) continue;
    const words = commandWords(text).filter((word) => !known.has(word));
    for (const file of await readFilesAt(repo, commit, words.slice(0, MOST_WORDS))) {
      known.add(file.path);
      named.push(itemOf(kind, file));
    }
  }
  return named;
}
