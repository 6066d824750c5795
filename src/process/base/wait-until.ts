import { setTimeout as sleep } from 'node:timers/promises';

/** Short enough not to be noticeable, long enough that listing all processes costs almost nothing. */
const POLL_MS = 40;

/** Polls until the answer is true (true) or `timeoutMs` have passed (false); polls at least once. */
export async function waitUntil(condition: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await sleep(Math.min(POLL_MS, left));
  }
}
