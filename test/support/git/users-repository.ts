import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFolder } from './folder-hash.js';
import type { RunFixture } from '../runs/run-fixture.js';

/** Everything of the user's: the checkout with its index, the stash and other refs, settings and hooks. */
export async function usersRepository(run: RunFixture): Promise<Readonly<Record<string, string>>> {
  return {
    ...(await run.checkout()),
    config: await readFile(join(run.root, '.git/config'), 'utf8'),
    hooks: await hashFolder(join(run.root, '.git/hooks')),
  };
}
