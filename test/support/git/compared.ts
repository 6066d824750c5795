import { waitFor } from '../waiting/wait-for.js';

/** Said instead of the conflicts where comparing the branches would hold up the answer they are only a part of. */
const TOO_SLOW = 'comparing takes too long here';

/** Asks until the branches were compared, which a busy machine may leave out of an answer; gives that answer. */
export async function compared<T extends object>(ask: () => Promise<T>): Promise<T> {
  const ifCompared = async (): Promise<T | null> => {
    const answer = await ask();
    return JSON.stringify(answer).includes(TOO_SLOW) ? null : answer;
  };
  return waitFor<T | null>(ifCompared, { timeoutMs: 20_000, what: 'the branches to be compared' });
}
