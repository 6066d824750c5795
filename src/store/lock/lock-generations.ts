import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { failpoint } from '../../core/base/failpoint.js';
import { processIdentitySchema } from '../../core/base/process-identity.js';
import { publishOnce, readJson } from '../files/atomic-file.js';
import { systemCode } from '../files/system-error.js';

/**
 * The lock is a folder of numbered files that are never rewritten; the highest number counts. Going one further by
 * link(2) has a single winner, so nothing ever has to be removed to take over (a removal is where mkdir locks race).
 * The number is a fencing token as in Chubby and etcd: a lower owner sees that it has been replaced.
 */
const generationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    version: z.literal(1),
    kind: z.literal('held'),
    generation: z.number().int(),
    runId: z.string(),
    startedAt: z.string(),
    features: z.array(z.string()),
    maxConcurrency: z.number(),
    process: processIdentitySchema,
  }),
  z.strictObject({
    version: z.literal(1),
    kind: z.literal('released'),
    generation: z.number().int(),
    runId: z.string(),
    releasedAt: z.string(),
  }),
]);
export type Generation = z.infer<typeof generationSchema>;
export type HeldGeneration = Extract<Generation, { kind: 'held' }>;

/**
 * How many numbers stay below the owner's: a contender that listed the folder, slept, and links an old number finds
 * it taken unless this many owners came and went in between, and then its second look at the folder tells it.
 */
const KEPT_GENERATIONS = 16;

/** A temporary file this old (ms) was left by a process killed between writing and linking. */
const ABANDONED_AFTER_MS = 3_600_000;

export function generationFile(lockDir: string, generation: number): string {
  return join(lockDir, `${generation}.json`);
}

/** Written again and again by the owner; its time is what a process that cannot see the owner goes by. */
export function heartbeatFile(lockDir: string, generation: number): string {
  return join(lockDir, `${generation}.heartbeat`);
}

/** The file with the highest number, null before the first. */
export async function readHighest(lockDir: string): Promise<Generation | null> {
  for (;;) {
    const highest = (await listGenerations(lockDir)).at(-1);
    if (highest === undefined) return null;
    const generation = await readJson(generationFile(lockDir, highest), generationSchema);
    // None: removed after we listed it, because higher ones came. Look again.
    if (generation !== null) return generation;
  }
}

/** False when another process has that number, or a higher one. */
export async function publishGeneration(lockDir: string, generation: Generation): Promise<boolean> {
  const path = generationFile(lockDir, generation.generation);
  failpoint('lock.publish.before');
  if (!(await publishOnce(path, `${JSON.stringify(generation, null, 2)}\n`))) return false;
  failpoint('lock.publish.after');
  return (await listGenerations(lockDir)).at(-1) === generation.generation;
}

/** Lowest first, so that a number that is gone means that all numbers below it are gone: `assertHeld` relies on it. */
export async function removeOldGenerations(lockDir: string, owner: number): Promise<void> {
  failpoint('lock.prune.before');
  for (const generation of await listGenerations(lockDir)) {
    if (generation >= owner - KEPT_GENERATIONS) break;
    await rm(heartbeatFile(lockDir, generation), { force: true });
    await rm(generationFile(lockDir, generation), { force: true });
  }
  for (const name of await listNames(lockDir)) {
    if (name.endsWith('.tmp')) await removeIfAbandoned(join(lockDir, name));
  }
  failpoint('lock.prune.after');
}

async function removeIfAbandoned(path: string): Promise<void> {
  try {
    if ((await stat(path)).mtimeMs < Date.now() - ABANDONED_AFTER_MS) await rm(path, { force: true });
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

async function listGenerations(lockDir: string): Promise<number[]> {
  const numbers = (await listNames(lockDir)).flatMap((name) => {
    const digits = /^([1-9][0-9]{0,14})\.json$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return numbers.sort((a, b) => a - b);
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
