import { jsonValue } from '../../core/base/json-value.js';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { processIdentitySchema } from '../../core/base/process-identity.js';
import { makePrivateFolder, readRegularFile, writeFileAtomically } from '../files/atomic-file.js';
import { runPaths, type RunHome } from '../files/paths.js';

/**
 * How to find the processes that a task's `setup` left running, whoever owns the run then: written before `setup`
 * starts (`seen` is empty) and after it ended, removed when they have been stopped.
 */
const setupProcessesSchema = z.strictObject({
  version: z.literal(1),
  marker: z.string(),
  seen: z.array(processIdentitySchema),
});
type SetupProcesses = z.infer<typeof setupProcessesSchema>;

/** Identifies one task: the run's folder, the run and the task. */
export interface SetupOf {
  readonly home: RunHome;
  readonly runId: string;
  readonly task: string;
}

function fileOf({ home, runId, task }: SetupOf): string {
  return join(runPaths(home, runId).tasks, task, 'setup-processes.json');
}

export function hasSetupProcesses(setup: SetupOf): boolean {
  return existsSync(fileOf(setup));
}

/** Null if it is missing or unreadable. */
export async function readSetupProcesses(setup: SetupOf): Promise<SetupProcesses | null> {
  const text = await readRegularFile(fileOf(setup), MOST_BYTES);
  if (text === null) return null;
  // Not JSON: not written by o8; its processes are found by their marker.
  return setupProcessesSchema.safeParse(jsonValue(text)).data ?? null;
}

/** Enough for a thousand processes. */
const MOST_BYTES = 512 * 1024;

export async function writeSetupProcesses(setup: SetupOf, content: Omit<SetupProcesses, 'version'>): Promise<void> {
  const path = fileOf(setup);
  await makePrivateFolder(dirname(path));
  await writeFileAtomically(path, JSON.stringify({ version: 1, ...content }));
}

export async function forgetSetupProcesses(setup: SetupOf): Promise<void> {
  await rm(fileOf(setup), { force: true });
}
