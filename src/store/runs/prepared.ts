import { join } from 'node:path';
import * as z from 'zod';
import { readJson, writeFileAtomically } from '../files/atomic-file.js';

const preparedSchema = z.strictObject({ at: z.number() });

/** File times are finer than `Date.now()`, which rounds down: a file written just before must not look newer. */
const ROUNDED_DOWN_MS = 1;

/** Records that a task's worktree is ready: later changes in it are the agent's. */
export async function writePrepared(tasks: string, task: string): Promise<void> {
  const at = Date.now() + ROUNDED_DOWN_MS;
  await writeFileAtomically(fileOf(tasks, task), `${JSON.stringify({ at })}\n`, 'cached');
}

/** That time in milliseconds since 1970; 0 if it was not recorded, so that all files count as the agent's. */
export async function readPrepared(tasks: string, task: string): Promise<number> {
  return (await readJson(fileOf(tasks, task), preparedSchema))?.at ?? 0;
}

function fileOf(tasks: string, task: string): string {
  return join(tasks, task, 'prepared.json');
}
