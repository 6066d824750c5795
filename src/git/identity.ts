import { tryGit } from './execute.js';

/** Who commits where the user has told git no name: a commit must not fail, nor be guessed from the host name. */
const FALLBACK = { name: 'o8', email: 'o8@localhost' };

/** Variables that make git commit as the configured user, or as o8 where none is configured. */
export async function committer(cwd: string): Promise<Record<string, string>> {
  if ((await isSet(cwd, ['name', 'email'])) === 'all') return {};
  return {
    GIT_AUTHOR_NAME: FALLBACK.name,
    GIT_AUTHOR_EMAIL: FALLBACK.email,
    GIT_COMMITTER_NAME: FALLBACK.name,
    GIT_COMMITTER_EMAIL: FALLBACK.email,
  };
}

async function isSet(cwd: string, keys: readonly string[]): Promise<'all' | 'some'> {
  const { stdout } = await tryGit(['config', '-z', '--get-regexp', '^user\\.'], { cwd });
  const set = new Map(
    stdout.split('\0').map((entry): [string, string] => {
      const end = entry.indexOf('\n'); // key, newline, value; the last one of a key counts
      return end < 0 ? ['', ''] : [entry.slice(0, end).toLowerCase(), entry.slice(end + 1).trim()];
    }),
  );
  return keys.every((key) => (set.get(`user.${key}`) ?? '') !== '') ? 'all' : 'some';
}
