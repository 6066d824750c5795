import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gitOutput } from '../git/scratch-git.js';

/** Pushes to a bare repository as somebody else does, from a clone of their own. Branches are without `refs/heads/`. */
export class OtherClone {
  constructor(private readonly bare: string) {}

  /** A commit with these files on top of a branch; the branch is created from main where it does not exist. Returns it. */
  commit(branch: string, files: Readonly<Record<string, string>>): string {
    return this.#inClone((git, root) => {
      const exists = git('ls-remote', '--heads', 'origin', branch) !== '';
      git('checkout', '--quiet', '-B', branch, exists ? `origin/${branch}` : 'origin/main');
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
      git('add', '--all');
      git('commit', '--quiet', '--message', `Change ${Object.keys(files).join(', ')}`);
      git('push', '--quiet', 'origin', branch);
      return git('rev-parse', 'HEAD');
    });
  }

  /** Rebases a branch on main and pushes it by force. Returns its commit. */
  rebase(branch: string): string {
    return this.#inClone((git) => {
      git('checkout', '--quiet', '-B', branch, `origin/${branch}`);
      git('rebase', '--quiet', 'origin/main');
      git('push', '--quiet', '--force-with-lease', 'origin', branch);
      return git('rev-parse', 'HEAD');
    });
  }

  #inClone<T>(work: (git: (...args: string[]) => string, root: string) => T): T {
    const folder = mkdtempSync(join(tmpdir(), 'o8-clone-'));
    try {
      gitOutput(folder, ['clone', '--quiet', this.bare, 'clone']);
      const root = join(folder, 'clone');
      return work((...args) => gitOutput(root, args), root);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
