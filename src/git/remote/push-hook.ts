import { basename, join } from 'node:path';
import { tryGit } from '../door/execute.js';
import type { Repository } from '../door/repository.js';
import { hooksNow } from '../surroundings/hook-memory.js';

/** Which hooks git runs when it pushes. `changed`: the user's own hook is not what it was before agents ran. */
export type PushHooks =
  | { readonly kind: 'hooks'; readonly config: readonly string[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'changed'; readonly path: string };

/**
 * The user's `pre-push` hook runs as in every push of theirs (Git LFS needs it), though o8's other git commands run none.
 * One that an agent added does not run; one that an agent changed or removed stops the push.
 */
export async function pushHooks(repo: Repository): Promise<PushHooks> {
  const change = hooksNow(repo).find(({ path }) => basename(path) === 'pre-push');
  if (change !== undefined) return change.before === null ? { kind: 'none' } : { kind: 'changed', path: change.path };
  // The last value is o8's own, from its command line.
  const args = ['config', '-z', '--type=path', '--get-all', 'core.hooksPath'];
  const configured = (await tryGit(args, { cwd: repo.root })).stdout.split('\0').slice(0, -1).at(-2);
  const folder = configured === undefined || configured === '' ? join(repo.commonDir, 'hooks') : configured;
  return { kind: 'hooks', config: [`core.hooksPath=${folder}`] };
}
