interface Turns<T> {
  last: Promise<unknown>;
  /** Fetches that have not begun, by branch. */
  readonly waiting: Map<string, Promise<T>>;
}

/**
 * Fetches of one remote run one after the other: two that update the same ref at the same time make one of them fail. Who
 * asks for a branch while a fetch of it waits to begin gets the answer of that one; one that has begun may have read the
 * remote too early for that.
 */
export class FetchTurns<T> {
  private readonly remotes = new Map<string, Turns<T>>();

  async fetch(remote: string, branch: string, work: () => Promise<T>): Promise<T> {
    const turns = this.remotes.get(remote) ?? { last: Promise.resolve(), waiting: new Map<string, Promise<T>>() };
    this.remotes.set(remote, turns);
    const waiting = turns.waiting.get(branch);
    if (waiting !== undefined) return waiting;
    const turn = turns.last.then(async () => {
      turns.waiting.delete(branch);
      return work();
    });
    turns.waiting.set(branch, turn);
    turns.last = turn.catch(() => undefined); // who asked gets the error
    return turn;
  }
}
