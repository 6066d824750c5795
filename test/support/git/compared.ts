import { waitFor } from '../waiting/wait-for.js';

/** Answered instead of the conflicts if comparing the branches would delay the answer. */
const TOO_SLOW = 'comparing takes too long here';

/** Asks until the branches were compared, which a busy machine may leave out of an answer; returns that answer. */
export async function compared<T extends object>(ask: () => Promise<T>): Promise<T> {
  const ifCompared = async (): Promise<T | null> => {
    const answer = await ask();
    return JSON.stringify(answer).includes(TOO_SLOW) ? null : answer;
  };
  return waitFor<T | null>(ifCompared, { timeoutMs: 20_000, what: 'the branches to be compared' });
}
