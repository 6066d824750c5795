import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../door/repository.js';
import { resolveCommit } from './refs.js';

/**
 * Where the checked out branch was before it was deleted, from git's logs. Null where it never was born, also where
 * `git checkout --orphan` left another one for it.
 */
export async function lostTip(repo: Repository, branch: string): Promise<string | null> {
  const own = await lastRecord(join(repo.commonDir, 'logs/refs/heads', branch)); // gone when git itself deleted it
  const head = await lastRecord(join(repo.gitDir, 'logs/HEAD'));
  const last = own?.to ?? (head !== null && /^0+$/.test(head.to) ? head.from : null);
  return last === null || /^0+$/.test(last) ? null : resolveCommit(repo, last);
}

async function lastRecord(path: string): Promise<{ from: string; to: string } | null> {
  const text = await readFile(path, 'utf8').catch(() => ''); // git keeps no logs, or there is none yet
  const [, from, to] = /(?:^|\n)([0-9a-f]+) ([0-9a-f]+) [^\n]*\n?$/.exec(text) ?? [];
  return from === undefined || to === undefined ? null : { from, to };
}
