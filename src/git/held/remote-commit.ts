import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { git, printable, tryGit, type GitResult } from '../door/execute.js';

export type RemoteAnswer =
  | { readonly kind: 'has' }
  | { readonly kind: 'has_not' }
  /** The remote could not be checked; `why` is the last line that git printed. */
  | { readonly kind: 'unknown'; readonly why: string };

const ANSWER_MS = 20_000; // a working remote answers within seconds, and a run waits for each one
const FETCH_MS = 60_000;
const GRACE_MS = 2000; // time for git to stop; programs that it started may keep its output open longer

/**
 * Network protocols only, because an agent may have written the URL and git can run a program for one. The repository's
 * settings are not used.
 */
const PROTOCOLS = [
  'protocol.allow=never',
  ...['https', 'http', 'ssh', 'git', 'file'].map((name) => `protocol.${name}.allow=always`),
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=15',
];

/**
 * Asks the remote whether a clone of `url` would get `commit`. `objects`: object folders that may contain the commits
 * the remote advertises, so that nothing is fetched for the comparison. Never prompts, and does not run in the user's
 * repository.
 */
export async function remoteHasCommit(url: string, commit: string, objects: readonly string[]): Promise<RemoteAnswer> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-remote-'));
  try {
    await git(['init', '--quiet', '--bare', '--template=', ...formatOf(commit), folder], { cwd: folder });
    return await ask(folder, url, { commit, objects });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The object folders that contain the commit. Does not run git in their repositories. */
export async function foldersWithCommit(commit: string, objects: readonly string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'o8-objects-'));
  try {
    await git(['init', '--quiet', '--bare', '--template=', ...formatOf(commit), folder], { cwd: folder });
    const found: string[] = [];
    for (const candidate of objects) {
      const result = await tryGit(['cat-file', '-e', `${commit}^{commit}`], {
        cwd: folder,
        env: alternates([candidate]),
      });
      if (result.code === 0) found.push(candidate);
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function ask(
  folder: string,
  url: string,
  { commit, objects }: { readonly commit: string; readonly objects: readonly string[] },
): Promise<RemoteAnswer> {
  const named = await within(ANSWER_MS, folder, ['ls-remote', '--', url]);
  if (named.code !== 0) return { kind: 'unknown', why: lastLine(named) };
  const tips = [...new Set(named.stdout.split('\n').flatMap((line) => /^([0-9a-f]+)\t/.exec(line)?.[1] ?? []))];
  if (tips.includes(commit)) return { kind: 'has' };
  for (const tip of await known(folder, tips, objects)) {
    const args = ['merge-base', '--is-ancestor', commit, tip];
    if ((await tryGit(args, { cwd: folder, env: alternates(objects) })).code === 0) return { kind: 'has' };
  }
  // `git submodule update` fetches the commit the same way if no branch of the remote contains it.
  const how = ['fetch', '--quiet', '--no-tags', '--filter=tree:0'];
  const one = await within(FETCH_MS, folder, [...how, '--depth=1', '--', url, commit]);
  if (one.code === 0) return { kind: 'has' };
  // The commit does not exist, or the server sends only advertised commits.
  const all = await within(FETCH_MS, folder, [
    ...how,
    '--',
    url,
    '+refs/heads/*:refs/asked/heads/*',
    '+refs/tags/*:refs/asked/tags/*',
  ]);
  if (all.code !== 0) return { kind: 'unknown', why: lastLine(all) };
  const there = await tryGit(['cat-file', '-e', `${commit}^{commit}`], {
    cwd: folder,
    env: { GIT_NO_LAZY_FETCH: '1' },
  });
  return there.code === 0 ? { kind: 'has' } : { kind: 'has_not' };
}

/** The tips that exist in the object folders. */
async function known(folder: string, tips: readonly string[], objects: readonly string[]): Promise<string[]> {
  if (objects.length === 0 || tips.length === 0) return [];
  const input = tips.map((tip) => `${tip}^{commit}\n`).join('');
  const result = await tryGit(['cat-file', '--batch-check=%(objectname)'], {
    cwd: folder,
    input,
    env: alternates(objects),
  });
  return result.stdout.split('\n').filter((line) => /^[0-9a-f]+$/.test(line));
}

async function within(ms: number, cwd: string, args: readonly string[]): Promise<GitResult> {
  const late = new AbortController();
  const over = { code: -1, stdout: '', stderr: `no answer within ${String(ms / 1000)} s` };
  try {
    const answer = tryGit(args, { cwd, config: PROTOCOLS, timeoutMs: ms, env: { GIT_NO_LAZY_FETCH: '1' } }).catch(
      () => over,
    );
    return await Promise.race([answer, delay(ms + GRACE_MS, over, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}

function lastLine({ stderr }: GitResult): string {
  const lines = printable(stderr)
    .split('\n')
    .map((line) => line.trim());
  return (
    lines.find((line) => line.startsWith('fatal: '))?.slice('fatal: '.length) ??
    lines.findLast((line) => line !== '') ??
    'git failed'
  );
}

function alternates(objects: readonly string[]): Record<string, string> {
  // The list is separated by colons; a path that contains one is quoted.
  return {
    GIT_ALTERNATE_OBJECT_DIRECTORIES: objects.map((path) => JSON.stringify(path)).join(':'),
    GIT_NO_LAZY_FETCH: '1',
  };
}

function formatOf(commit: string): string[] {
  return commit.length === 64 ? ['--object-format=sha256'] : [];
}
