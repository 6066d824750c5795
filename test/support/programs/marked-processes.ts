import { randomUUID } from 'node:crypto';
import { killTree, TreeTracker } from '../../../src/process/trees/process-tree.js';

/**
 * Everything a test starts, however far it detached itself: processes inherit the mark in their environment, and their
 * children are found with them. Not named `O8_…`: agents do not inherit those.
 */
export class MarkedProcesses {
  readonly #mark = randomUUID();
  readonly #tree = new TreeTracker({ root: null, marker: `TEST_TREE=${this.#mark}`, except: [] });

  /** To be part of the environment of what the test starts. */
  get environment(): { readonly TEST_TREE: string } {
    return { TEST_TREE: this.#mark };
  }

  async pids(): Promise<number[]> {
    return (await this.#tree.living()).map(({ pid }) => pid);
  }

  /** SIGKILL to all of them until none is left. */
  async kill(): Promise<void> {
    const left = await killTree(this.#tree);
    if (left.length > 0) throw new Error(`processes of the test that cannot be killed: ${left.join(', ')}`);
  }
}
