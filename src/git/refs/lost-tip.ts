import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '../door/repository.js';
import { resolveCommit } from './refs.js';

/**
 * The last commit of the checked out branch before it was deleted, according to git's logs. Null if the branch never
 * had a commit, for example after `git checkout --orphan`.
 */
export async function lostTip(repo: Repository, branch: string): Promise<string | null> {
  const own = await lastRecord(join(repo.commonDir, 'logs/refs/heads', branch)); // missing if git itself deleted the branch
  const head = await lastRecord(join(repo.gitDir, 'logs/HEAD'));
  const last = own?.to ?? (head !== null && /^0+$/.test(head.to) ? head.from : null);
  return last === null || /^0+$/.test(last) ? null : resolveCommit(repo, last);
}

async function lastRecord(path: string): Promise<{ from: string; to: string } | null> {
  const text = await readFile(path, 'utf8').catch(() => ''); // git keeps no logs, or none exists yet
  const [, from, to] = /(?:^|\n)([0-9a-f]+) ([0-9a-f]+) [^\n]*\n?$/.exec(text) ?? [];
  return from === undefined || to === undefined ? null : { from, to };
}
