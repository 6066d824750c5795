import { setTimeout as sleep } from 'node:timers/promises';

/** Often enough not to delay a test, rarely enough not to take CPU from what it waits for. */
const POLL_MS = 10;

/**
 * Polls until the answer is neither false, null nor undefined, and returns it. Fails, naming `what` was waited
 * for, when `timeoutMs` are over.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { readonly timeoutMs: number; readonly what: string | (() => string); readonly everyMs?: number },
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await condition();
    if (isAnswer(answer)) return answer;
    if (performance.now() >= deadline) {
      const what = typeof options.what === 'string' ? options.what : options.what();
      throw new Error(`waited ${options.timeoutMs / 1000} s in vain for ${what}`);
    }
    await sleep(options.everyMs ?? POLL_MS);
  }
}

function isAnswer<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}
