import { nullIfMissing } from '../../core/base/error-code.js';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../door/execute.js';
import { MOST_ARGUMENTS } from './worktree-inspection.js';

/**
 * Adds paths of a worktree to an index as they are on disk, without filters and ignore rules. Missing paths are removed
 * from the index; anything that is not a file or link (a pipe, a socket) has no content.
 */
export async function indexRawContent(
  worktree: string,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const lines: string[] = [];
  const files: { readonly path: string; readonly mode: string }[] = [];
  for (const path of paths) {
    const found = await lstat(join(worktree, path)).catch(nullIfMissing);
    if (found === null) lines.push(`0 ${'0'.repeat(40)}\t${path}\0`);
    else if (found.isFile()) files.push({ path, mode: (found.mode & 0o100) === 0 ? '100644' : '100755' });
    else if (found.isSymbolicLink()) {
      const input = await readlink(join(worktree, path));
      const id = (await git(['hash-object', '-w', '--stdin'], { cwd: worktree, input })).trim();
      lines.push(`120000 ${id}\t${path}\0`);
    }
  }
  for (let at = 0; at < files.length; at += MOST_ARGUMENTS) {
    const some = files.slice(at, at + MOST_ARGUMENTS);
    const args = ['hash-object', '-w', '--no-filters', '--', ...some.map(({ path }) => path)];
    const ids = (await git(args, { cwd: worktree })).split('\n');
    lines.push(...some.map(({ path, mode }, index) => `${mode} ${ids[index] ?? ''}\t${path}\0`));
  }
  if (lines.length > 0) {
    await git(['update-index', '--add', '--replace', '-z', '--index-info'], {
      cwd: worktree,
      env,
      input: lines.join(''),
    });
  }
}
