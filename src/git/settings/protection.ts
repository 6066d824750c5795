import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { changedSettings, configText, withoutChanges, type GitSetting } from '../../core/surroundings/git-settings.js';
import { provideCommonFolder, writeOnce } from './common-folder.js';
import { gitFoldersOf, type GitFolders } from './git-folders.js';
import { contentOf, digestOf, readPin, settingsFolder, standInFolder, type Pin } from './pin.js';
import { globalFiles, hasReplacements, readSettings, type PlainGit } from './read-settings.js';

const UNCHANGED: Readonly<Record<string, string>> = {};

/**
 * Environment in which git in `cwd` uses the settings from before agents changed them. Empty if nothing changed, which
 * costs a few file reads and no process. If the settings are unreadable or say that there is no checkout (`core.bare`,
 * `core.worktree`, `extensions.*`), git gets another common folder (`GIT_COMMON_DIR`) with everything of the real one
 * except its settings.
 */
export async function protection(cwd: string, git: PlainGit): Promise<Readonly<Record<string, string>>> {
  const folders = gitFoldersOf(cwd);
  const pin = folders === null ? null : readPin(folders.commonDir);
  if (folders === null || pin === null) return UNCHANGED;
  const replaced: Record<string, string> =
    !pin.replaces && hasReplacements(folders.commonDir) ? { GIT_NO_REPLACE_OBJECTS: '1' } : {};
  const signature = signatureOf(pin, folders);
  const known = decided.get(folders.gitDir);
  const isKnown = known?.pin === pin && known.signature === signature;
  const env = isKnown ? known.env : await decide(cwd, folders, pin, git);
  if (!isKnown) decided.set(folders.gitDir, { pin, signature, env });
  // git creates these when needed, but not through a link.
  if (env !== UNCHANGED)
    for (const name of ['worktrees', 'logs']) mkdirSync(join(folders.commonDir, name), { recursive: true });
  return { ...env, ...replaced };
}

/** The settings that o8's git uses now; null if they are those on disk. */
export async function settingsInUse(
  cwd: string,
  folders: GitFolders,
  pin: Pin,
  git: PlainGit,
): Promise<readonly GitSetting[] | null> {
  if (pin.settings.kind === 'unreadable' || isUntouched(pin, folders) || hasOtherRefs(pin, folders)) return null;
  const before = pin.settings.settings;
  if (pin.left === null) return before;
  const changes = pin.left.kind === 'read' ? changedSettings(before, pin.left.settings) : null;
  if (changes?.length === 0) return null; // the remaining differences were made by the user
  const now = await readSettings(git, cwd, folders);
  if (now === null) return null;
  if (now.kind === 'unreadable') return before;
  if (changes === null) return null; // could not be read before, and was repaired
  const trusted = withoutChanges(now.settings, changes);
  return changedSettings(now.settings, trusted).length === 0 ? null : trusted;
}

interface Decided {
  readonly pin: Pin;
  readonly signature: string;
  readonly env: Readonly<Record<string, string>>;
}
const decided = new Map<string, Decided>();

async function decide(
  cwd: string,
  folders: GitFolders,
  pin: Pin,
  git: PlainGit,
): Promise<Readonly<Record<string, string>>> {
  const settings = await settingsInUse(cwd, folders, pin, git);
  if (settings === null) return UNCHANGED;
  const { commonDir } = folders;
  const of = (...scopes: GitSetting['scope'][]): string =>
    configText(settings.filter(({ scope }) => scopes.includes(scope)));
  provideCommonFolder(standInFolder(commonDir), commonDir, { config: of('local', 'worktree'), ...pin.info });
  const env = { GIT_COMMON_DIR: standInFolder(commonDir) };
  if (!hasOtherGlobals(pin, settings)) return env;
  const file = join(settingsFolder(commonDir), 'global');
  writeOnce(file, of('global'));
  return { ...env, GIT_CONFIG_GLOBAL: file };
}

/** Whether every settings file is unchanged. */
export function isUntouched(pin: Pin, { gitDir, commonDir }: GitFolders): boolean {
  if (Object.entries(pin.files).some(([path, digest]) => digestOf(path) !== digest)) return false;
  // A worktree has settings of its own only if the repository allows it; git creates them as a copy.
  if (gitDir === commonDir || !allowsWorktreeSettings(pin)) return true;
  const own = contentOf(join(gitDir, 'config.worktree'));
  return own === null || own === contentOf(join(commonDir, 'config.worktree'));
}

function allowsWorktreeSettings({ settings }: Pin): boolean {
  return settings.kind === 'read' && settings.settings.some(({ key }) => key === 'extensions.worktreeconfig');
}

function hasOtherGlobals(pin: Pin, settings: readonly GitSetting[]): boolean {
  const files = new Set([
    ...globalFiles(process.env),
    ...settings.filter(({ scope }) => scope === 'global').map(({ file }) => file),
  ]);
  return [...files].some((file) => file in pin.files && digestOf(file) !== pin.files[file]);
}

/** True if the ref storage format was changed: with the old settings, git would see no refs. */
function hasOtherRefs({ settings }: Pin, { commonDir }: GitFolders): boolean {
  const now = /^\s*refstorage\s*=\s*"?(\w+)/im.exec(contentOf(join(commonDir, 'config')) ?? '')?.[1] ?? 'files';
  const before =
    settings.kind === 'read' ? settings.settings.find(({ key }) => key === 'extensions.refstorage')?.value : undefined;
  return now !== (before ?? 'files');
}

/** Changes whenever a settings file changes. */
function signatureOf(pin: Pin, { gitDir }: GitFolders): string {
  return [...Object.keys(pin.files), join(gitDir, 'config.worktree')].map(statOf).join(' ');
}

function statOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined
    ? '-'
    : `${String(found.mtimeNs)}.${String(found.ctimeNs)}.${String(found.size)}.${String(found.ino)}`;
}
