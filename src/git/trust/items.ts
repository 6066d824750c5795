import { foldName } from '../../core/scope/folded-name.js';
import { agentItems, namedWords, SETTINGS_FILE, WANTED_FILES } from '../../core/agents/trust-kinds.js';
import { itemOf, MOST_WORDS, type RepositoryFile, type TrustItem } from '../../core/trust/files.js';
import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';
import { readCommittedFiles, readNamedFiles } from './committed-files.js';

/**
 * Everything in a commit that runs or redirects programs, with the files that its commands name. `settings`: o8's
 * settings if the repository defines them; `as_committed`: those of the commit. `skill`: see `agentItems`.
 */
export async function readTrustItems(
  repo: Repository,
  commit: string,
  o: { readonly skill: readonly string[]; readonly settings: RepositoryFile | 'as_committed' | null },
): Promise<TrustItem[]> {
  const files = await readCommittedFiles(repo, commit, WANTED_FILES);
  const committed = files.find(({ path }) => foldName(path) === SETTINGS_FILE) ?? null;
  const settings = o.settings === 'as_committed' ? committed : o.settings;
  const items = [...(settings === null ? [] : [itemOf(null, settings)]), ...agentItems(files, o.skill)];
  return [...items, ...(await namedFiles(repo, commit, items))];
}

async function namedFiles(repo: Repository, commit: string, items: readonly TrustItem[]): Promise<TrustItem[]> {
  const known = new Set(items.map(({ from }) => from));
  const named: TrustItem[] = [];
  for (const item of items) {
    const words = namedWords(item).filter((word) => !known.has(word));
    const files =
      words.length > MOST_WORDS ? [await everyFile(repo, commit)] : await readNamedFiles(repo, commit, words);
    for (const file of files.filter(({ path }) => !known.has(path))) {
      known.add(file.path);
      named.push(itemOf(item.kind, file));
    }
  }
  return named;
}

/**
 * If the commands have too many words to look up, the whole tree counts, so that any other commit needs new consent.
 */
async function everyFile(repo: Repository, commit: string): Promise<RepositoryFile> {
  const tree = (await git(['rev-parse', `${commit}^{tree}`], { cwd: repo.root })).trim();
  return { kind: 'file', path: '.', text: `the commands name too many files to show: git tree ${tree}` };
}
