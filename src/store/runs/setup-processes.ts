import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { processIdentitySchema } from '../../core/base/process-identity.js';
import { makePrivateFolder, readRegularFile, writeFileAtomically } from '../files/atomic-file.js';
import { runPaths, type RunHome } from '../files/paths.js';

/**
 * How the processes that a task's `setup` leaves running are found again, by whoever owns the run then: written before
 * `setup` starts (`seen` empty) and when it has ended, removed when they are ended.
 */
const setupProcessesSchema = z.strictObject({
  version: z.literal(1),
  marker: z.string(),
  seen: z.array(processIdentitySchema),
});
type SetupProcesses = z.infer<typeof setupProcessesSchema>;

/** Of one task: its run's folder, the run and the task. */
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

/** Null when there is none to read. */
export async function readSetupProcesses(setup: SetupOf): Promise<SetupProcesses | null> {
  const text = await readRegularFile(fileOf(setup), MOST_BYTES);
  if (text === null) return null;
  try {
    return setupProcessesSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // not ours: whatever it was about is found by its marker
    throw error;
  }
}

/** A thousand processes. */
const MOST_BYTES = 512 * 1024;

export async function writeSetupProcesses(setup: SetupOf, content: Omit<SetupProcesses, 'version'>): Promise<void> {
  const path = fileOf(setup);
  await makePrivateFolder(dirname(path));
  await writeFileAtomically(path, JSON.stringify({ version: 1, ...content }));
}

export async function forgetSetupProcesses(setup: SetupOf): Promise<void> {
  await rm(fileOf(setup), { force: true });
}
