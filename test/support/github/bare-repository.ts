import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitOutput, scratchGit } from '../git/scratch-git.js';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** What GitHub does in the repositories it keeps, done with git in a bare one. Branches are without `refs/heads/`. */
export class BareRepository {
  constructor(readonly path: string) {}

  /** The commit of a branch as it is now; null if there is none. */
  head(branch: string): string | null {
    const { code, stdout } = scratchGit(this.path, [
      'rev-parse',
      '--verify',
      '--quiet',
      `refs/heads/${branch}^{commit}`,
    ]);
    return code === 0 ? stdout.trim() : null;
  }

  contains(descendant: string, ancestor: string): boolean {
    return scratchGit(this.path, ['merge-base', '--is-ancestor', ancestor, descendant]).code === 0;
  }

  commits(base: string, head: string): string[] {
    const out = gitOutput(this.path, ['rev-list', '--reverse', `${base}..${head}`]);
    return out === '' ? [] : out.split('\n');
  }

  conflicts(base: string, head: string): boolean {
    return scratchGit(this.path, ['merge-tree', '--write-tree', base, head]).code !== 0;
  }

  /** Merges `head` into a branch and moves the branch; null, and nothing moves, on a conflict. */
  merge(branch: string, head: string, how: { readonly method: MergeMethod; readonly message: string }): string | null {
    const base = this.head(branch);
    if (base === null || this.conflicts(base, head)) return null;
    const commit = how.method === 'rebase' ? this.#rebased(base, head) : this.#merged(base, head, how);
    if (commit !== null) gitOutput(this.path, ['update-ref', `refs/heads/${branch}`, commit, base]);
    return commit;
  }

  delete(branch: string): void {
    gitOutput(this.path, ['update-ref', '-d', `refs/heads/${branch}`]);
  }

  #merged(base: string, head: string, { method, message }: { method: MergeMethod; message: string }): string {
    const tree = gitOutput(this.path, ['merge-tree', '--write-tree', base, head]).split('\n')[0] ?? '';
    const parents = method === 'merge' ? ['-p', base, '-p', head] : ['-p', base];
    return gitOutput(this.path, ['commit-tree', tree, ...parents, '-m', message]);
  }

  #rebased(base: string, head: string): string | null {
    const folder = mkdtempSync(join(tmpdir(), 'o8-test-rebase-'));
    try {
      gitOutput(this.path, ['worktree', 'add', '--quiet', '--detach', join(folder, 'tree'), head]);
      const { code } = scratchGit(join(folder, 'tree'), ['rebase', '--quiet', base]);
      return code === 0 ? gitOutput(join(folder, 'tree'), ['rev-parse', 'HEAD']) : null;
    } finally {
      rmSync(folder, { recursive: true, force: true });
      gitOutput(this.path, ['worktree', 'prune']);
    }
  }
}
