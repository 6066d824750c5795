import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemCode } from './system-error.js';

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
