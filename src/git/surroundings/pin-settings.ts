import { join } from 'node:path';
import type { SettingsNow } from '../../core/surroundings/change-text.js';
import { changedSettings, type GitSettings } from '../../core/surroundings/git-settings.js';
import { plainGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';
import { digestOf, readPin, writePin, type Pin } from '../settings/pin.js';
import { isUntouched, settingsInUse } from '../settings/protection.js';
import { globalFiles, hasReplacements, infoFiles, readSettings, repositoryFiles } from '../settings/read-settings.js';

/**
 * From now on o8's git uses the current settings, whatever agents change. Changes by earlier agents that were not
 * restored stay excluded. Starts one git process, or none if nothing changed since the last time.
 */
export async function pinSettings(repo: Repository): Promise<void> {
  const { commonDir } = repo;
  const old = readPin(commonDir);
  if (old !== null && isUntouched(old, repo)) {
    if (old.left !== null) await writePin(commonDir, { ...old, left: null }, 'as before');
    return;
  }
  const inUse = old === null ? null : await settingsInUse(repo.root, repo, old, plainGit);
  if (old !== null && inUse !== null) {
    const settings = { kind: 'read' as const, settings: [...inUse] };
    await writePin(commonDir, { ...old, settings, left: null }, 'as before');
    return;
  }
  const settings = await readSettings(plainGit, repo.root, repo);
  if (settings === null || settings.kind === 'unreadable') return;
  const pin: Pin = {
    version: 1,
    settings,
    files: digests(repo, settings),
    info: infoFiles(commonDir),
    replaces: hasReplacements(commonDir),
    left: null,
  };
  await writePin(commonDir, pin, 'with copies');
}

/** The supervisor has stopped: later changes are the user's, and take effect. */
export async function settleSettings(repo: Repository): Promise<void> {
  const pin = readPin(repo.commonDir);
  if (pin === null) return;
  const left = isUntouched(pin, repo) ? pin.settings : await readSettings(plainGit, repo.root, repo);
  if (left !== null) await writePin(repo.commonDir, { ...pin, left }, 'as before');
}

/** Changes by agents that have not been restored. Starts no git process if nothing changed. */
export async function settingsNow(repo: Pick<Repository, 'root' | 'gitDir' | 'commonDir'>): Promise<SettingsNow> {
  const pin = readPin(repo.commonDir);
  const inUse = pin === null ? null : await settingsInUse(repo.root, repo, pin, plainGit);
  if (inUse === null) return { kind: 'as before' };
  const now: GitSettings | null = await readSettings(plainGit, repo.root, repo);
  if (now === null) return { kind: 'as before' };
  if (now.kind === 'unreadable') return now;
  return { kind: 'changed', changes: changedSettings(inUse, now.settings) };
}

function digests(repo: Repository, settings: GitSettings): Record<string, string | null> {
  const read = settings.kind === 'read' ? settings.settings.map(({ file }) => file) : [];
  const own = repo.gitDir === repo.commonDir ? [] : [join(repo.gitDir, 'config.worktree')];
  const files = new Set([...repositoryFiles(repo), ...own, ...globalFiles(process.env), ...read]);
  return Object.fromEntries([...files].map((file) => [file, digestOf(file)]));
}
