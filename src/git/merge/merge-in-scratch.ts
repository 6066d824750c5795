import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitFailure, tryGit } from '../door/execute.js';
import { writeAttributes, type AttributeFiles } from './merge-attributes.js';
import type { MergeSides, TrialMerge } from './trial-merge.js';
import { mergeBases } from '../refs/refs.js';
import type { Repository } from '../door/repository.js';

/**
 * The trial merge for git before 2.38, which has no `merge-tree --write-tree`: the merge machinery with a temporary
 * index and an empty folder. The folder is not registered as a worktree, so nothing shared is locked or changed.
 */
export async function mergeInScratchFolder(
  repo: Repository,
  { ours, theirs }: MergeSides,
  { scratchDir, attributes }: { readonly scratchDir: string; readonly attributes: AttributeFiles },
): Promise<TrialMerge> {
  await mkdir(scratchDir, { recursive: true });
  const folder = await mkdtemp(join(scratchDir, 'merge-'));
  const files = join(folder, 'files');
  await mkdir(files);
  const options = {
    cwd: files,
    env: {
      GIT_DIR: repo.commonDir,
      GIT_WORK_TREE: files,
      GIT_INDEX_FILE: join(folder, 'index'),
      GIT_LFS_SKIP_SMUDGE: '1', // merging needs only the ids, not the contents
    },
  };
  try {
    const full = ['-c', 'core.sparseCheckout=false'];
    await git([...full, 'read-tree', ours], options);
    if (attributes !== null) {
      await writeAttributes(files, attributes);
      // Otherwise git would treat the missing files as user changes; it exits with 1 to report that they are missing.
      await tryGit([...full, 'update-index', '-q', '--refresh'], options);
    }
    const bases = await mergeBases(repo, ours, theirs);
    const args = ['merge-recursive', ...bases, '--', ours, theirs];
    const result = await tryGit([...full, ...args], options);
    if (result.code > 1) throw gitFailure(args, repo.root, result);
    if (result.code === 0) return { kind: 'clean', tree: (await git([...full, 'write-tree'], options)).trim() };
    const unmerged = await git([...full, 'ls-files', '--unmerged', '-z'], options);
    const paths = unmerged
      .split('\0')
      .flatMap((record) => (record === '' ? [] : [record.slice(record.indexOf('\t') + 1)]));
    return { kind: 'conflict', files: [...new Set(paths)].sort((a, b) => (a < b ? -1 : 1)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
