import { nullIfMissing } from '../../core/base/error-code.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SurroundingChange, Surroundings } from '../../core/surroundings/surroundings.js';
import { runOfFolder } from '../worktrees/own-worktree.js';
import { isAncestor, listRefs } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';
import { identify, readHooks } from './hook-memory.js';
import { settingsNow } from './pin-settings.js';
import { readStatus } from '../door/status.js';
import { administrativeFolders } from '../worktrees/worktree-list.js';

const STASH = 'refs/stash';
const OWN_REFS = 'refs/o8/';
/** More HEAD movements than a user makes while an agent works. */
const MOST_MOVES = 1000;
/** Files in the git folder that configure git; `config.lock` prevents changes to the settings. */
const FILES = [
  ...['info/attributes', 'info/exclude', 'info/grafts', 'objects/info/alternates', 'shallow', 'config.lock'],
];

/** Reads everything outside a task's own worktree and branch; `own` says which refs and paths o8 may change. */
export async function readSurroundings(
  repo: Repository,
  own: { readonly isRef: (ref: string, commit: string) => boolean; readonly isPath: (path: string) => boolean },
): Promise<Surroundings> {
  const [all, { entries, branch, commit }, settings] = await Promise.all([
    listRefs(repo, 'refs/'),
    readStatus(repo.root),
    settingsNow(repo),
  ]);
  const refs = all.filter(
    ({ ref, commit: id }) =>
      ref !== STASH && !ref.startsWith(OWN_REFS) && !/^refs\/remotes\/[^/]+\/HEAD$/.test(ref) && !own.isRef(ref, id),
  );
  return {
    at: Date.now(),
    settings:
      settings.kind === 'changed' ? [...settings.changes] : settings.kind === 'unreadable' ? settings.message : [],
    refs: Object.fromEntries(refs.map(({ ref, commit: id }) => [ref, id])),
    stashes: await stashEntries(repo, all.find(({ ref }) => ref === STASH)?.commit ?? null),
    head: branch === null ? (commit ?? '') : `refs/heads/${branch}`,
    worktrees: await othersWorktrees(repo),
    files: decidingFiles(repo),
    changes: Object.fromEntries(
      entries
        .filter(({ path }) => !own.isPath(path))
        .map(({ path, kind, staged, unstaged }) => [path, `${kind} ${String(staged)} ${String(unstaged)}`]),
    ),
  };
}

/** How this clone's remote branch reached its commit, according to its reflog. */
export async function movedBy(
  repo: Repository,
  { name, before }: SurroundingChange,
): Promise<'push' | 'fetch' | 'unknown'> {
  const log = (await readFile(join(repo.commonDir, 'logs', name), 'utf8').catch(nullIfMissing)) ?? '';
  const lines = log.split('\n').filter((line) => line !== '');
  const from = lines.findLastIndex((line) => before !== null && line.split(' ')[1] === before);
  const since = lines.slice(from + 1);
  if (since.some((line) => line.includes('\tupdate by push'))) return 'push';
  return since.length > 0 ? 'fetch' : 'unknown';
}

/**
 * Whether a branch was moved forward in a checkout that is not o8's, according to that checkout's HEAD reflog. False
 * for commits that came from elsewhere (a push, `update-ref`), or if git keeps no such log.
 */
export async function movedInCheckout(repo: Repository, { before, after }: SurroundingChange): Promise<boolean> {
  if (before === null || after === null || !(await isAncestor(repo, before, after))) return false;
  const from = new Map<string, string>();
  const linked = await administrativeFolders(repo);
  const own = new Set<string>();
  for (const { folder } of linked) {
    if ((await runOfFolder(folder)) !== null) own.add(folder);
  }
  const folders = [repo.commonDir, ...linked.map(({ folder }) => folder)].filter((folder) => !own.has(folder));
  for (const folder of folders) {
    const log = (await readFile(join(folder, 'logs', 'HEAD'), 'utf8').catch(nullIfMissing)) ?? '';
    for (const line of log.split('\n').slice(-MOST_MOVES)) {
      const [, was, is] = /^([0-9a-f]+) ([0-9a-f]+) /.exec(line) ?? [];
      if (was !== undefined && is !== undefined && was !== is) from.set(is, was);
    }
  }
  let at: string | undefined = after;
  for (let steps = 0; at !== undefined && at !== before && steps < MOST_MOVES; steps += 1) at = from.get(at);
  return at === before;
}

/** Without a reflog only the newest commit is known. */
async function stashEntries(repo: Repository, newest: string | null): Promise<string[]> {
  if (newest === null) return [];
  const log = (await readFile(join(repo.commonDir, 'logs', STASH), 'utf8').catch(nullIfMissing)) ?? '';
  const entries = log.split('\n').flatMap((line) => /^[0-9a-f]+ ([0-9a-f]+) /.exec(line)?.[1] ?? []);
  return entries.length > 0 ? entries : [newest];
}

async function othersWorktrees(repo: Repository): Promise<string[]> {
  const others: string[] = [];
  for (const { folder, path } of await administrativeFolders(repo)) {
    if ((await runOfFolder(folder)) === null) others.push(path);
  }
  return others.sort();
}

function decidingFiles(repo: Repository): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of FILES) {
    const digest = identify(join(repo.commonDir, name));
    if (digest !== null) found[name] = digest.replace(' not executable', '');
  }
  const own = `${repo.commonDir}/`;
  for (const [path, digest] of Object.entries(readHooks(repo)))
    found[path.startsWith(own) ? path.slice(own.length) : path] = digest;
  return found;
}
