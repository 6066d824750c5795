import type { Plan } from '../../core/plan/plan.js';
import { freeDiskMB, freeMemoryMB } from '../../process/programs/machine-resources.js';

/**
 * A Claude worker was measured at 207-299 MB at its peak; with less free memory, a new one would endanger the running
 * ones.
 */
const LEAST_MEMORY_MB = 400;

/** How long an answer holds: an agent takes longer until it uses its memory, and macOS has to start a program. */
const HOLDS_MS = 1000;

/** Why no new agents may start on this machine now, null if they may. Running agents continue. */
export class MachineHoldBack {
  private lookedAt = -Infinity;
  private known: string | null = null;

  constructor(private readonly plan: Plan) {}

  async why(): Promise<string | null> {
    if (performance.now() - this.lookedAt < HOLDS_MS) return this.known;
    this.known = await lookAtMachine(this.plan);
    this.lookedAt = performance.now();
    return this.known;
  }
}

async function lookAtMachine(plan: Plan): Promise<string | null> {
  const disk = await freeDiskMB(plan.root);
  const least = plan.settings.minDiskSpaceMB;
  if (disk < least) return `only ${String(Math.floor(disk))} MB of disk free; minDiskSpaceMB is ${String(least)}`;
  const memory = freeMemoryMB();
  if (memory < LEAST_MEMORY_MB)
    return `only ${String(Math.floor(memory))} MB of memory free; an agent needs ${String(LEAST_MEMORY_MB)}`;
  return null;
}
