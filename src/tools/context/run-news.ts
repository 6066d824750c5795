import { fileVersionNow } from '../../store/files/file-version.js';
import { checkoutPaths, runPaths } from '../../store/files/paths.js';
import type { RunFiles } from './run-files.js';

/** Whether the supervisor lives is asked this often: it takes ten times as long as the other looks. */
const OWNER_MS = 1000;

/** Tells a caller that follows a run whether anything may have changed, without reading it. */
export class RunNews {
  private readonly paths: readonly string[];
  private known: string | null = null;
  private owner = '';
  private askedAt = -Infinity;

  /** `figures`: cost and last activity of running agents count too. */
  constructor(
    private readonly files: RunFiles,
    runId: string,
    { root, figures }: { readonly root: string; readonly figures: boolean },
  ) {
    const { journal, plan } = runPaths(files.home, runId);
    this.paths = [journal, plan, ...(figures ? [checkoutPaths(root).queue] : [])];
  }

  /** Whether there may be news since the last call; the first time there are. */
  async any(): Promise<boolean> {
    const now = [...this.paths.map(fileVersionNow), await this.ownerNow()].join(' ');
    const changed = now !== this.known;
    this.known = now;
    return changed;
  }

  private async ownerNow(): Promise<string> {
    if (performance.now() - this.askedAt < OWNER_MS) return this.owner;
    this.files.lookAgain();
    const lock = await this.files.lock();
    this.askedAt = performance.now();
    this.owner = lock.kind === 'free' ? lock.kind : `${lock.kind} ${String(lock.holder.generation)}`;
    return this.owner;
  }
}
