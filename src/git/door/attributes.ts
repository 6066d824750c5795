import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from './execute.js';
import type { Repository } from './repository.js';

/** One attribute for each path, in the same order, from the `.gitattributes` files of a commit. */
export async function attributeOf(
  repo: Repository,
  paths: readonly string[],
  { attribute, declaredBy }: { readonly attribute: string; readonly declaredBy: string },
): Promise<string[]> {
  if (paths.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'o8-attributes-'));
  try {
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    await git(['read-tree', declaredBy], { cwd: repo.root, env });
    const args = ['check-attr', '--cached', '-z', '--stdin', attribute];
    const out = await git(args, { cwd: repo.root, env, input: paths.map((path) => `${path}\0`).join('') });
    const fields = out.split('\0'); // repeated records of path, attribute, value
    return paths.map((_, at) => fields[at * 3 + 2] ?? 'unspecified');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
