import type { ProcessIdentity } from '../../core/base/process-identity.js';
import { processProbe } from './identify-process.js';
import { TreeTracker } from './process-tree.js';
import { endLeftBehind } from './end-left-behind.js';

export interface KeptProcesses {
  /** `NAME=value` in the environment of the processes, unless they removed it. */
  readonly marker: string;
  /** The processes that were seen, by identity. */
  readonly seen: readonly ProcessIdentity[];
}

/** Stops processes that a program was allowed to leave running; returns the command lines of those still running. */
export async function endKept({ marker, seen }: KeptProcesses, killAfterMs: number): Promise<string[]> {
  const alive: ProcessIdentity[] = [];
  for (const identity of seen) if ((await processProbe.check(identity)) === 'alive') alive.push(identity);
  return endLeftBehind(new TreeTracker({ root: null, marker, except: [] }, alive), 0, killAfterMs);
}
