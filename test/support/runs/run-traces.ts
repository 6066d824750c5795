import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** So that what leaves no trace, such as the end of a process, is seen too. */
const WITHOUT_TRACE_MS = 400;

/**
 * Tells cheaply when it is worth asking for a run's state: when its journal or the lock has another length or name than
 * at the last question, and now and then without. Each answer of `status` takes CPU from the run that is waited for.
 */
export class RunTraces {
  #seen = '';
  #asked = 0;

  constructor(private readonly root: string) {}

  isWorthAsking(): boolean {
    const [seen, now] = [tracesIn(join(this.root, '.git/o8')), performance.now()];
    if (seen === this.#seen && now - this.#asked < WITHOUT_TRACE_MS) return false;
    [this.#seen, this.#asked] = [seen, now];
    return true;
  }
}

function tracesIn(home: string): string {
  const journals = namesIn(join(home, 'runs')).map((run) => {
    const journal = statSync(join(home, 'runs', run, 'journal.jsonl'), { throwIfNoEntry: false });
    return `${run} ${String(journal?.size)}`;
  });
  return [...journals, ...namesIn(join(home, 'lock'))].join('\n');
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
