import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Surroundings } from '../core/surroundings.js';
import { listRefs } from './refs.js';
import type { Repository } from './repository.js';
import { readStatus } from './status.js';

const STASH = 'refs/stash';

/** Looks at everything beside a task's own worktree and branch; `own` says which refs and paths are o8's to change. */
export async function readSurroundings(
  repo: Repository,
  own: { readonly isRef: (ref: string) => boolean; readonly isPath: (path: string) => boolean },
): Promise<Surroundings> {
  const [all, { entries }] = await Promise.all([
    listRefs(repo, 'refs/heads', 'refs/tags', STASH),
    readStatus(repo.root),
  ]);
  const refs = all.filter(({ ref }) => ref !== STASH && !own.isRef(ref));
  return {
    config: await hashOf([join(repo.commonDir, 'config')]),
    hooks: await hashOf(await filesIn(join(repo.commonDir, 'hooks'))),
    stash: all.find(({ ref }) => ref === STASH)?.commit ?? null,
    refs: Object.fromEntries(refs.map(({ ref, commit }) => [ref, commit])),
    changes: Object.fromEntries(
      entries
        .filter(({ path }) => !own.isPath(path))
        .map(({ path, kind, staged, unstaged }) => [path, `${kind} ${String(staged)} ${String(unstaged)}`]),
    ),
  };
}

async function filesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name))
    .sort();
}

async function hashOf(paths: readonly string[]): Promise<string | null> {
  const hash = createHash('sha256');
  for (const path of paths)
    if (existsSync(path))
      hash
        .update(path)
        .update('\0')
        .update(await readFile(path));
  return paths.length === 0 ? null : hash.digest('hex');
}
