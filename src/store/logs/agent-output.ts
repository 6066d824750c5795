import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { writeFileAtomically } from '../files/atomic-file.js';
import type { attemptPaths } from '../files/paths.js';
import { systemCode } from '../files/system-error.js';

/**
 * Goes through an agent's output line by line without holding it, or through its first `bytes`; `initial` when there is
 * none.
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
    if (systemCode(error) !== 'ENOENT') throw error;
  } finally {
    stream.destroy();
  }
  return value;
}

/**
 * Leaves one copy of what the agent of an ended attempt wrote: its finished `pipeline.log`, which is on disk before
 * anything goes. Of `agent.jsonl` the lines that `keep` wants stay.
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
