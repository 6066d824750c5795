import { errorCode } from '../../core/base/error-code.js';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { writeFileAtomically } from '../files/atomic-file.js';
import type { attemptPaths } from '../files/paths.js';

/**
 * Reads an agent's output, or its first `bytes`, line by line without keeping it in memory; `initial` if there is none.
 */
export async function foldAgentOutput<T>(
  path: string,
  initial: T,
  fold: (value: T, line: string) => T,
  bytes = Infinity,
): Promise<T> {
  let value = initial;
  const stream = createReadStream(path, bytes === Infinity ? {} : { end: bytes - 1 });
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) value = fold(value, line);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  } finally {
    stream.destroy();
  }
  return value;
}

/**
 * After an attempt ended, keeps one copy of the agent's output: its finished `pipeline.log`, which is flushed to disk
 * before anything is deleted. Lines of `agent.jsonl` for which `keep` is true stay.
 */
export async function dropRawOutput(
  attempt: Pick<ReturnType<typeof attemptPaths>, 'log' | 'output' | 'errors'>,
  keep: (line: string) => boolean,
): Promise<void> {
  const log = await open(attempt.log, 'r');
  try {
    await log.sync();
  } finally {
    await log.close();
  }
  const kept = await foldAgentOutput<string[]>(attempt.output, [], (lines, line) =>
    keep(line) ? [...lines, `${line}\n`] : lines,
  );
  await writeFileAtomically(attempt.output, kept.join(''), 'cached');
  await rm(attempt.errors, { force: true });
}
