import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MIRROR, mirrorText } from '../../core/beads/mirror.js';
import type { RunState } from '../../core/run/run-state.js';
import { makePrivateFolder, writeFileAtomically } from '../../store/files/atomic-file.js';
import { assertInside } from '../../store/files/inside-repository.js';
import { errorText } from '../run/error-text.js';
import type { Outside } from '../run/outside.js';
import type { Run } from '../run/run.js';

/** Somebody who deleted it has it again after this time. */
const EVERY_MS = 1000;

/** Keeps `.beads/orchestrator/state.json`: a copy for people and scripts, written when it differs or is gone. */
export class MirrorFile implements Outside {
  readonly name = 'beads-mirror';
  readonly moreTasks = false;
  private written = '';
  private lookedAt = -Infinity;
  private complained = false;

  constructor(private readonly run: Run) {}

  due(): (() => Promise<void>) | null {
    const now = performance.now();
    if (now - this.lookedAt < EVERY_MS) return null;
    this.lookedAt = now;
    const { state } = this.run.ledger;
    return this.isCurrent(state) ? null : () => this.update(state);
  }

  /** Never rejects but for a lost lease. */
  async update(state: RunState): Promise<void> {
    if (this.isCurrent(state)) return;
    const text = mirrorText(this.run.plan, state);
    this.run.lease.assertHeld();
    try {
      await assertInside(this.run.plan.root, this.path);
      await makePrivateFolder(dirname(this.path));
      await writeFileAtomically(this.path, text, 'cached');
      this.written = text;
    } catch (error) {
      if (!this.complained) this.run.log(`${MIRROR} not written: ${errorText(error)}`);
      this.complained = true;
    }
  }

  private isCurrent(state: RunState): boolean {
    if (!existsSync(join(this.run.plan.root, dirname(dirname(MIRROR))))) return true; // nor is Beads there any more
    return mirrorText(this.run.plan, state) === this.written && existsSync(this.path);
  }

  private get path(): string {
    return join(this.run.plan.root, MIRROR);
  }
}
