import { spawn } from 'node:child_process';
import { O8Error } from '../../core/base/errors.js';
import { changedPaths, type ChangedPath } from './changes.js';
import { FIXED_CONFIG, gitEnvironment } from '../door/environment.js';
import { git, plainGit } from '../door/execute.js';
import { protection } from '../settings/protection.js';
import type { Repository } from '../door/repository.js';

/** Lines added and deleted; null for a binary file. */
export interface FileChange extends ChangedPath {
  readonly added: number | null;
  readonly deleted: number | null;
}

/** Files that differ between two commits with their line counts, renames detected. */
export async function changedFiles(repo: Repository, from: string, to: string): Promise<FileChange[]> {
  const args = ['diff-tree', '-r', '-z', '-M', '--numstat', '--no-ext-diff', '--no-textconv', from, to];
  const counts = parseCounts(await git([...args, '--'], { cwd: repo.root }));
  return (await changedPaths(repo, from, to)).map((change) => ({
    ...change,
    ...(counts.get(change.path) ?? { added: 0, deleted: 0 }),
  }));
}

type Counts = Pick<FileChange, 'added' | 'deleted'>;

/**
 * `<added> <deleted> <path>`, separated by tabs; for a renamed file the old and the new path follow as separate fields.
 */
function parseCounts(output: string): Map<string, Counts> {
  const fields = output.split('\0');
  const counts = new Map<string, Counts>();
  for (let at = 0; at + 1 < fields.length;) {
    const [added = '', deleted = '', ...rest] = (fields[at] ?? '').split('\t');
    const inline = rest.join('\t');
    const path = inline === '' ? fields[at + 2] : inline;
    if (path === undefined) throw new Error('git diff-tree ended in the middle of a record');
    counts.set(path, { added: lines(added), deleted: lines(deleted) });
    at += inline === '' ? 3 : 1;
  }
  return counts;
}

function lines(count: string): number | null {
  return count === '-' ? null : Number(count);
}

/**
 * Prints the difference of two commits to this process's output. `person`: with the user's git settings, pager and
 * colours; `plain`: the same output for everybody, without starting configured programs.
 */
export async function showDiff(
  repo: Repository,
  { from, to, stat, reader }: { from: string; to: string; stat: boolean; reader: 'person' | 'plain' },
): Promise<void> {
  const plain = ['--no-color', '--no-ext-diff', '--no-textconv'];
  const colourless = (process.env['NO_COLOR'] ?? '') === '' ? [] : ['--no-color'];
  const options = [...(stat ? ['--stat'] : []), ...(reader === 'plain' ? plain : colourless)];
  const args = [...(reader === 'plain' ? ['--no-pager'] : []), 'diff', '-M', ...options, from, to, '--'];
  // Ctrl+C in the pager is handled by the pager, as in git itself.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    await printed(repo, args, reader === 'plain' ? gitEnvironment(process.env) : personsEnvironment(process.env));
  } finally {
    process.removeListener('SIGINT', ignore);
  }
}

async function printed(repo: Repository, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const env = { ...environment, ...(await protection(repo.root, plainGit)) };
  const config = FIXED_CONFIG.flatMap((setting) => ['-c', setting]);
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn('git', [...config, ...args], { cwd: repo.root, env, stdio: 'inherit' });
    child.once('error', reject);
    // A signal means that the reader stopped reading (`| head`, Ctrl+C).
    child.once('close', (ended) => {
      resolve(ended ?? 0);
    });
  });
  if (code !== 0) throw new O8Error('git_failed', `git diff ended with exit ${String(code)}`, `git ${args.join(' ')}`);
}

/** Keeps the user's pager settings and terminal language. */
function personsEnvironment(parent: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(parent).filter(([name]) => ['PAGER', 'GIT_PAGER', 'LC_ALL'].includes(name));
  return { ...gitEnvironment(parent), LC_ALL: undefined, ...Object.fromEntries(kept) };
}
