import { tryGit } from './execute.js';

/** Who commits where the user has told git no name: a commit must not fail, nor be guessed from the host name. */
const FALLBACK = { name: 'o8', email: 'o8@localhost' };

/** Variables that make git commit as the configured user, or as o8 where none is configured. */
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
    const [key = '', ...value] = entry.split('\n'); // the last one of a key counts
    set.set(key, value.join('\n').trim());
  }
  return Boolean(set.get('user.name')) && Boolean(set.get('user.email'));
}
