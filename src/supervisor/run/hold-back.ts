import type { Plan } from '../../core/plan/plan.js';
import { freeDiskMB, freeMemoryMB } from '../../process/programs/machine-resources.js';

/**
 * A Claude worker was measured at 207-299 MB at its peak; with less free memory, a new one would endanger the running
 * ones.
 */
const LEAST_MEMORY_MB = 400;

/** Why no new agents may start on this machine now, null if they may. Running agents continue. */
export async function machineHoldBack(plan: Plan): Promise<string | null> {
  const disk = await freeDiskMB(plan.root);
  const least = plan.settings.minDiskSpaceMB;
  if (disk < least) return `only ${String(Math.floor(disk))} MB of disk free; minDiskSpaceMB is ${String(least)}`;
  const memory = freeMemoryMB();
  if (memory < LEAST_MEMORY_MB)
    return `only ${String(Math.floor(memory))} MB of memory free; an agent needs ${String(LEAST_MEMORY_MB)}`;
  return null;
}
