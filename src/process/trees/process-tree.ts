import type { ProcessIdentity } from '../../core/base/process-identity.js';
import { processTable } from './process-table.js';
import type { ProcessEntry } from './process-entry.js';
import { signal } from '../base/signal.js';
import { waitUntil } from '../base/wait-until.js';

/** A killed process is gone in milliseconds; one that is not hangs in the kernel and is reported. */
const KILLED_WITHIN_MS = 5_000;

export interface ProcessTree {
  /** The first process, leader of its own group; null when it is known to have ended. */
  readonly root: ProcessIdentity | null;
  /** `NAME=value` in the environment of everything in the tree, unless somebody took it out. */
  readonly marker: string;
  /** Pids outside of the tree although they carry the marker. The caller itself never belongs to it. */
  readonly except: readonly number[];
}

/**
 * Finds the members of a tree again and again. A member is: the root, a child of a member, a process in a group led
 * by a member or in the root's group or session, a process with the marker (Jenkins' ProcessTreeKiller), and whoever
 * was a member before, told by pid and start time. So a child in a session of its own is found by its parent or its marker, and stays found when the
 * parent ends. Out of reach: one that dropped the marker and lost its parent before the first look.
 */
export class TreeTracker {
  private readonly known = new Map<number, string>();

  /** `known`: members seen by a process that may have ended since; their boot and machine have to be these. */
  constructor(
    private readonly tree: ProcessTree,
    known: readonly Pick<ProcessIdentity, 'pid' | 'start'>[] = [],
  ) {
    for (const { pid, start } of known) this.known.set(pid, start);
    if (tree.root !== null) this.known.set(tree.root.pid, tree.root.start);
  }

  /** Remembers who is in the tree now, by parents, groups and sessions alone: environments take longer to read. */
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
   * The root leads a group and a session of its own, and no system gives its pid away while one of them has members.
   * A living process with that pid and another start says that both have ended.
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

/** TERM, then KILL after `killAfterMs`, until nothing of the tree is left; gives the pids that outlived even that. */
export async function stopTree(tracker: TreeTracker, killAfterMs: number): Promise<number[]> {
  signalAll(await tracker.living(), 'SIGTERM');
  if (await waitUntil(async () => tracker.isGone(), killAfterMs)) return [];
  return killTree(tracker);
}

/** KILL until nothing of the tree is left: a tree that goes on forking is looked through again each time. */
export async function killTree(tracker: TreeTracker): Promise<number[]> {
  let left: ProcessEntry[] = [];
  await waitUntil(async () => {
    left = await tracker.living();
    signalAll(left, 'SIGKILL');
    return left.length === 0;
  }, KILLED_WITHIN_MS);
  return left.map(({ pid }) => pid);
}

/** Signals members that were looked up just now; nothing may be awaited in between, or a pid could be another's. */
function signalAll(members: readonly ProcessEntry[], name: NodeJS.Signals): void {
  const leaders = members.filter(({ pid, group }) => pid === group).map(({ pid }) => pid);
  // A whole group at once leaves no member the time to start another.
  for (const leader of leaders) signal(-leader, name);
  for (const { pid, group } of members) if (!leaders.includes(group)) signal(pid, name);
}
