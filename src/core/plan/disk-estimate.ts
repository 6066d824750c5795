import { counted } from '../text/counted.js';
/** Sizes in MB of 1024 x 1024 bytes. */
export interface DiskEstimate {
  readonly worktrees: number;
  readonly perWorktreeMB: number;
  readonly totalMB: number;
}

const MB = 1024 * 1024;

// The usual block of ext4, APFS and XFS is 4 KB; on average, half of a file's last block is unused.
const UNUSED_BYTES_PER_FILE = 2048;

/** Disk space for the worktrees of a run, from the size of the tracked files; at least 1 MB per worktree. */
export function estimateDisk(tree: { trackedFiles: number; trackedBytes: number }, worktrees: number): DiskEstimate {
  const bytes = tree.trackedBytes + tree.trackedFiles * UNUSED_BYTES_PER_FILE;
  const perWorktreeMB = Math.max(1, Math.round(bytes / MB));
  return { worktrees, perWorktreeMB, totalMB: perWorktreeMB * worktrees };
}

/** `~750MB (5 worktrees x ~150MB)`. */
export function formatEstimate(disk: DiskEstimate): string {
  return `~${formatMB(disk.totalMB)} (${counted(disk.worktrees, 'worktree')} x ~${formatMB(disk.perWorktreeMB)})`;
}

/** In megabytes up to 10 GB, in gigabytes above. */
export function formatMB(megabytes: number): string {
  return megabytes > 10_240 ? `${(megabytes / 1024).toFixed(1)}GB` : `${String(megabytes)}MB`;
}
