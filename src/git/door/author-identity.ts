import { tryGit } from './execute.js';

/**
 * The author if git has no user name configured: the commit must not fail, and git must not guess from the host name.
 */
const FALLBACK = { name: 'o8', email: 'o8@localhost' };

/** Variables that make git commit as the configured user, or as o8 if no user is configured. */
export async function committer(cwd: string): Promise<Record<string, string>> {
  if (await hasNameAndEmail(cwd)) return {};
  return {
    GIT_AUTHOR_NAME: FALLBACK.name,
    GIT_AUTHOR_EMAIL: FALLBACK.email,
    GIT_COMMITTER_NAME: FALLBACK.name,
    GIT_COMMITTER_EMAIL: FALLBACK.email,
  };
}

async function hasNameAndEmail(cwd: string): Promise<boolean> {
  const { stdout } = await tryGit(['config', '-z', '--get-regexp', '^user\\.(name|email)$'], { cwd });
  const set = new Map<string, string>();
  for (const entry of stdout.split('\0')) {
    const [key = '', ...value] = entry.split('\n'); // the last value of a key takes precedence
    set.set(key, value.join('\n').trim());
  }
  return Boolean(set.get('user.name')) && Boolean(set.get('user.email'));
}
