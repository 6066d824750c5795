import { mkdirSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Lease } from '../../../src/core/base/lease.js';
import type { Plan } from '../../../src/core/plan/plan.js';
import { runHome, type RunHome } from '../../../src/store/files/paths.js';
import { planOf } from './plan-fixture.js';

/** A folder that stands for a repository's checkout, gone when the test ends. */
export async function temporaryRoot(): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'o8-store-')));
  onTestFinished(async () => rm(root, { recursive: true, force: true }));
  return root;
}

/** Its run home, with a git folder as every repository has one. */
export function homeOf(root: string): RunHome {
  const commonDir = join(root, '.git');
  mkdirSync(commonDir, { recursive: true });
  return runHome({ commonDir, root });
}

export function planFor(root: string, runId: string): Plan {
  return { ...planOf([{ id: 'task-001' }]), root, runId };
}

/** A lease that cannot be lost. */
export const safeLease: Lease = { runId: 'run-1', generation: 1, assertHeld: () => undefined };
