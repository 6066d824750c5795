import { AGENTS } from '../../core/agents/kinds.js';
import { SETTINGS_FILE, WANTED_FILES, agentItems, settingsTexts } from '../../core/agents/trust-kinds.js';
import type { RepositoryFile, TrustItem } from '../../core/trust/files.js';
import { judgeTrust, type RunConsent, type Trust, type TrustRecord } from '../../core/trust/trust.js';
import type { Repository } from '../../git/door/repository.js';
import { comesFromRepository } from '../../git/trust/brought.js';
import { readCheckoutFiles } from '../../git/trust/checkout-files.js';
import { readTrustItems } from '../../git/trust/items.js';
import { trustsFolder } from '../../store/trust/program-trust.js';
import { readConsents } from '../../store/trust/trusted-file.js';

export interface TrustQuestion {
  readonly repo: Repository;
  /** The commit that agents start from; null where there is none yet. */
  readonly commit: string | null;
  /** Text of the settings file, null for none. */
  readonly settings: string | null;
  /** Paths that may define the slash command that tasks call; empty for tasks with their own prompts. */
  readonly skill: readonly string[];
}

export interface ReadTrust extends Trust {
  /** All items, including those the user has accepted. */
  readonly all: readonly TrustItem[];
}

/** The repository's files that need consent, and whether the user has accepted them. Writes nothing. */
export async function readTrust(question: TrustQuestion, env: NodeJS.ProcessEnv): Promise<ReadTrust> {
  const { repo, commit, skill } = question;
  const settings = await ownSettings(question);
  const all = commit === null ? [] : await readTrustItems(repo, commit, { skill, settings });
  return { ...judgeTrust(all, await readTrustRecord(repo, env)), all };
}

export async function readTrustRecord(repo: Repository, env: NodeJS.ProcessEnv): Promise<TrustRecord> {
  const kinds = new Set<string>();
  for (const { kind, project } of AGENTS) {
    if (project !== null && (await trustsFolder(project.trustRecord, env, repo.root))) kinds.add(kind);
  }
  return { consents: await readConsents(env, repo.commonDir), kinds };
}

/** Null for a settings file that is not in git, or that sets nothing. */
export async function ownSettings({
  repo,
  settings,
}: Pick<TrustQuestion, 'repo' | 'settings'>): Promise<RepositoryFile | null> {
  if (settings === null || /^\s*(\{\s*\})?\s*$/.test(settings)) return null;
  if (!(await comesFromRepository(repo, SETTINGS_FILE))) return null;
  return { kind: 'file', path: SETTINGS_FILE, text: settings };
}

/** The accepted files, recorded in the plan of a run: later attempts get these versions and no newer ones. */
export async function runConsent({ repo, skill }: TrustQuestion, { items, all }: ReadTrust): Promise<RunConsent> {
  const own: TrustItem[] = [];
  const known = new Set(all.map(({ digest }) => digest));
  // The user's ignored files that `.worktreeinclude` copies into worktrees.
  for (const item of agentItems(await readCheckoutFiles(repo.root, WANTED_FILES), skill)) {
    if (!known.has(item.digest) && !(await comesFromRepository(repo, item.from))) own.push(item);
  }
  const allowed = [...all, ...own];
  return {
    items: items.map(({ from, digest }) => ({ from, digest })),
    allowed: allowed.map(({ digest }) => digest),
    settings: settingsTexts(allowed),
  };
}
