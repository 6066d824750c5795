import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseSettings, type GitSettings } from '../../core/surroundings/git-settings.js';
import { contentOf } from './pin.js';
import type { GitFolders } from './git-folders.js';

/** Runs git with the settings on disk. */
export type PlainGit = (
  args: readonly string[],
  cwd: string,
) => Promise<{ code: number; stdout: string; stderr: string }>;

const LIST = ['config', '--list', '--includes', '-z', '--show-scope', '--show-origin'];

/** Git's current settings for a checkout. Null if this git cannot report their origin (before 2.26). */
export async function readSettings(git: PlainGit, cwd: string, { commonDir }: GitFolders): Promise<GitSettings | null> {
  const all = await git(LIST, cwd);
  if (all.code === 129) return null; // unknown option
  const settings = all.code === 0 ? parseSettings(all.stdout, (path) => resolve(cwd, path)) : [];
  // git reports success even if it refuses the repository (an unknown extension).
  if (settings.some(({ scope }) => scope === 'local')) return { kind: 'read', settings };
  const config = join(commonDir, 'config');
  if (!existsSync(config)) return { kind: 'read', settings };
  const own = await git([...LIST, '--file', config], '/');
  if (own.code !== 0) return { kind: 'unreadable', message: firstLine(own.stderr === '' ? all.stderr : own.stderr) };
  const absolute = (path: string): string => resolve('/', path);
  return {
    kind: 'read',
    settings: [
      // git reads the other settings as usual outside a repository.
      ...parseSettings((await git(LIST, '/')).stdout, absolute),
      ...parseSettings(own.stdout, absolute, 'local'),
    ],
  };
}

/** The user's settings files, existing or not. */
export function globalFiles(env: NodeJS.ProcessEnv): string[] {
  const named = env['GIT_CONFIG_GLOBAL'];
  if (named !== undefined && named !== '') return [named];
  const home = env['HOME'] ?? homedir();
  return [join(home, '.gitconfig'), join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'git', 'config')];
}

/** Settings files of a repository, and other files that control how git treats its files. */
export function repositoryFiles({ commonDir }: Pick<GitFolders, 'commonDir'>): string[] {
  return [
    ...['config', 'config.worktree', 'info/exclude', 'info/attributes', 'info/grafts'].map((name) =>
      join(commonDir, name),
    ),
  ];
}

/** The contents of `info/` that o8's git continues to use. */
export function infoFiles(commonDir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ['info/exclude', 'info/attributes']) {
    const content = contentOf(join(commonDir, name));
    if (content !== null) found[name] = content;
  }
  return found;
}

/** Whether objects are replaced by others (`git replace`). */
export function hasReplacements(commonDir: string): boolean {
  return existsSync(join(commonDir, 'refs', 'replace'));
}

function firstLine(text: string): string {
  return (
    text
      .trim()
      .split('\n')[0]
      ?.replace(/^(?:fatal|error): /, '') ?? ''
  );
}
