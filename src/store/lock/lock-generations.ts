import { errorCode } from '../../core/base/error-code.js';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { O8Error } from '../../core/base/errors.js';
import { jsonValue } from '../../core/base/json-value.js';
import { failpoint } from '../../core/base/failpoint.js';
import { processIdentitySchema } from '../../core/base/process-identity.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { publishOnce } from '../files/atomic-file.js';

/**
 * The lock is a folder of numbered files that are never rewritten; the highest number is the current owner. link(2)
 * lets exactly one process create the next number, so taking over requires no removal (which is where mkdir locks
 * race). The number is a fencing token as in Chubby and etcd: an owner with a lower number sees that it was replaced.
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
 * How many older numbers are kept: a process that listed the folder, was suspended, and then links an old number finds
 * it taken. If more owners came and went meanwhile, its second check of the folder detects that.
 */
const KEPT_GENERATIONS = 16;

/** One run per second for thirty years: a file with a higher number was not created by a lock. */
const LAST_NUMBER = 1_000_000_000;

/** A generation contains a few names and numbers; a larger file is not one. */
const MOST_BYTES = 1_000_000;

/** A temporary file older than this (ms) belongs to a process that was killed between writing and linking. */
const ABANDONED_AFTER_MS = 3_600_000;

export function generationFile(lockDir: string, generation: number): string {
  return join(lockDir, `${generation}.json`);
}

/** Rewritten regularly by the owner; processes that cannot see the owner use its modification time. */
export function heartbeatFile(lockDir: string, generation: number): string {
  return join(lockDir, `${generation}.heartbeat`);
}

/** The owner's generation, or the release after it; null before the first. `next`: the number after it. */
export interface Head {
  readonly generation: Generation | null;
  readonly next: number;
}

/**
 * The highest generation. Ignores other files with such a name (a copy, a folder, a link) and leaves them in place.
 * Throws O8Error `journal_damaged` for a generation that is no longer readable. Synchronous, because an owner checks
 * before each effect.
 */
export function readHead(lockDir: string): Head {
  for (;;) {
    const numbers = listNumbers(lockDir);
    const looked = headOf(lockDir, numbers);
    if (looked === 'removed meanwhile') continue; // because higher ones exist
    const taken = new Set(numbers);
    let next = (looked?.generation ?? 0) + 1;
    while (taken.has(next)) next += 1;
    if (next > LAST_NUMBER) throw tooHigh(lockDir, next);
    return { generation: looked, next };
  }
}

function headOf(lockDir: string, numbers: readonly number[]): Generation | null | 'removed meanwhile' {
  for (const number of numbers.toReversed()) {
    const looked = readGeneration(lockDir, number);
    if (looked === 'damaged') throw damaged(generationFile(lockDir, number));
    if (looked !== 'stray') return looked;
  }
  return null;
}

/**
 * Whether a generation above this one exists. One that was removed meanwhile does not count, because this one would
 * have been removed before it.
 */
export function isPassed(lockDir: string, generation: number): boolean {
  const higher = listNumbers(lockDir).filter((number) => number > generation);
  return higher.some((number) => {
    const looked = readGeneration(lockDir, number);
    return looked !== 'stray' && looked !== 'removed meanwhile';
  });
}

/** False if another process has that number or a higher one. */
export async function publishGeneration(lockDir: string, generation: Generation): Promise<boolean> {
  const path = generationFile(lockDir, generation.generation);
  failpoint('lock.publish.before');
  if (!(await publishOnce(path, `${JSON.stringify(generation, null, 2)}\n`))) return false;
  failpoint('lock.publish.after');
  return readHead(lockDir).generation?.generation === generation.generation;
}

/** Lowest first, so that a missing number means that all lower ones are missing: `assertHeld` relies on it. */
export async function removeOldGenerations(lockDir: string, owner: number): Promise<void> {
  failpoint('lock.prune.before');
  for (const generation of listNumbers(lockDir)) {
    if (generation >= owner - KEPT_GENERATIONS) break;
    if (readGeneration(lockDir, generation) === 'stray') continue; // not created by o8
    await rm(heartbeatFile(lockDir, generation), { force: true });
    await rm(generationFile(lockDir, generation), { force: true });
  }
  for (const name of listNames(lockDir)) {
    if (name.endsWith('.tmp')) await removeIfAbandoned(join(lockDir, name));
  }
  failpoint('lock.prune.after');
}

async function removeIfAbandoned(path: string): Promise<void> {
  try {
    if ((await stat(path)).mtimeMs < Date.now() - ABANDONED_AFTER_MS) await rm(path, { force: true });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Lowest first. */
function listNumbers(lockDir: string): number[] {
  const numbers = listNames(lockDir).flatMap((name) => {
    const digits = /^([1-9][0-9]{0,14})\.json$/.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return numbers.sort((a, b) => a - b);
}

/**
 * A generation is published complete and under its own number; anything else is not a generation, unless it has a
 * heartbeat file.
 */
function readGeneration(lockDir: string, number: number): Generation | 'stray' | 'damaged' | 'removed meanwhile' {
  const path = generationFile(lockDir, number);
  try {
    const entry = lstatSync(path);
    if (!entry.isFile() || number > LAST_NUMBER) return 'stray';
    const parsed = generationSchema.safeParse(entry.size > MOST_BYTES ? null : jsonValue(readFileSync(path, 'utf8')));
    if (parsed.success && parsed.data.generation === number) return parsed.data;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'removed meanwhile';
    throw error;
  }
  return existsSync(heartbeatFile(lockDir, number)) ? 'damaged' : 'stray';
}

function damaged(path: string): O8Error {
  return new O8Error(
    'journal_damaged',
    `${path} is damaged: it does not say who owns the lock.`,
    `mv ${shellQuote(path)} ${shellQuote(`${path}.damaged`)}`,
  );
}

function tooHigh(lockDir: string, number: number): O8Error {
  const path = generationFile(lockDir, number - 1);
  return new O8Error(
    'journal_damaged',
    `${path} has a number too high to be a lock.`,
    `mv ${shellQuote(path)} ${shellQuote(`${path}.damaged`)}`,
  );
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
