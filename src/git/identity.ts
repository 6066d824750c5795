import { tryGit } from './execute.js';

/** Who commits where the user has told git no name: a commit must not fail, nor be guessed from the host name. */
const FALLBACK = { name: 'o8', email: 'o8@localhost' };

/** Variables that make git commit as the configured user, or as o8 where none is configured. */
export async function committer(cwd: string): Promise<Record<string, string>> {
  const [name, email] = await Promise.all([setting(cwd, 'user.name'), setting(cwd, 'user.email')]);
  if (name !== null && email !== null) return {};
  return {
    GIT_AUTHOR_NAME: FALLBACK.name,
    GIT_AUTHOR_EMAIL: FALLBACK.email,
    GIT_COMMITTER_NAME: FALLBACK.name,
    GIT_COMMITTER_EMAIL: FALLBACK.email,
  };
}

async function setting(cwd: string, key: string): Promise<string | null> {
  const result = await tryGit(['config', '--get', key], { cwd });
  const value = result.stdout.trim();
  return result.code === 0 && value !== '' ? value : null;
}
