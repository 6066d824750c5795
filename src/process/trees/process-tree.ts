import type { ProcessIdentity } from '../../core/base/process-identity.js';
import { processTable } from './process-table.js';
import type { ProcessEntry } from './process-entry.js';
import { signal } from '../base/signal.js';
import { waitUntil } from '../base/wait-until.js';

/** A killed process ends within milliseconds; one that does not is blocked in the kernel and is reported. */
const KILLED_WITHIN_MS = 5_000;

export interface ProcessTree {
  /** The first process, leader of its own group; null if it is known to have ended. */
  readonly root: ProcessIdentity | null;
  /** `NAME=value` in the environment of every process in the tree, unless one removed it. */
  readonly marker: string;
  /** Pids that are not in the tree although they have the marker. The caller itself is never included. */
  readonly except: readonly number[];
}

/**
 * Finds the members of a tree repeatedly. Members are: the root, children of members, processes in a group led by a
 * member or in the root's group or session, processes with the marker (as in Jenkins' ProcessTreeKiller), and earlier
 * members, identified by pid and start time. So a child in its own session is found by its parent or marker, even after
 * the parent ends. Not found: a process that dropped the marker and lost its parent before the first look.
 */
export class TreeTracker {
  private readonly known = new Map<number, string>();

  /** `known`: members seen earlier, possibly by another process; only those of this boot and machine are used. */
  constructor(
    private readonly tree: ProcessTree,
    known: readonly Pick<ProcessIdentity, 'pid' | 'start'>[] = [],
  ) {
    for (const { pid, start } of known) this.known.set(pid, start);
    if (tree.root !== null) this.known.set(tree.root.pid, tree.root.start);
  }

  /** Records the current members by parents, groups and sessions only, because reading environments takes longer. */
  async look(): Promise<void> {
    await this.membersAmong(new Set());
  }

  async living(): Promise<ProcessEntry[]> {
    return this.membersAmong(await processTable.withEnvironment(this.tree.marker));
  }

  private async membersAmong(marked: ReadonlySet<number>): Promise<ProcessEntry[]> {
    const candidates = (await processTable.list()).filter(
      ({ pid }) => pid !== process.pid && !this.tree.except.includes(pid),
    );
    const members = new Map<number, ProcessEntry>();
    const leader = this.leaderOf(candidates);
    for (const entry of candidates) {
      const ours = marked.has(entry.pid) || this.known.get(entry.pid) === entry.start;
      if (ours || (leader !== null && (entry.group === leader || entry.session === leader))) {
        members.set(entry.pid, entry);
      }
    }
    let before = -1;
    while (before !== members.size) {
      before = members.size;
      for (const entry of candidates) {
        if (members.has(entry.parent) || members.get(entry.group)?.group === entry.group) members.set(entry.pid, entry);
      }
    }
    this.known.clear();
    for (const { pid, start } of members.values()) this.known.set(pid, start);
    return [...members.values()];
  }

  /**
   * The root leads its own group and session, and no system reuses its pid while either has members. A live process
   * with that pid and another start time means that both have ended.
   */
  private leaderOf(entries: readonly ProcessEntry[]): number | null {
    const { root } = this.tree;
    if (root === null) return null;
    const heir = entries.find(({ pid }) => pid === root.pid);
    return heir === undefined || heir.start === root.start ? root.pid : null;
  }

  async isGone(): Promise<boolean> {
    return (await this.living()).length === 0;
  }
}

/** SIGTERM, then SIGKILL after `killAfterMs`, until no process is left; returns the pids that outlived SIGKILL. */
export async function stopTree(tracker: TreeTracker, killAfterMs: number): Promise<number[]> {
  signalAll(await tracker.living(), 'SIGTERM');
  if (await waitUntil(async () => tracker.isGone(), killAfterMs)) return [];
  return killTree(tracker);
}

/** SIGKILL until no process is left: a tree that keeps forking is searched again each time. */
export async function killTree(tracker: TreeTracker): Promise<number[]> {
  let left: ProcessEntry[] = [];
  await waitUntil(async () => {
    left = await tracker.living();
    signalAll(left, 'SIGKILL');
    return left.length === 0;
  }, KILLED_WITHIN_MS);
  return left.map(({ pid }) => pid);
}

/** Signals members that were just looked up; synchronous, because a pid could be reused in between. */
function signalAll(members: readonly ProcessEntry[], name: NodeJS.Signals): void {
  const leaders = members.filter(({ pid, group }) => pid === group).map(({ pid }) => pid);
  // Signals a whole group at once, so that no member can start another process meanwhile.
  for (const leader of leaders) signal(-leader, name);
  for (const { pid, group } of members) if (!leaders.includes(group)) signal(pid, name);
}
