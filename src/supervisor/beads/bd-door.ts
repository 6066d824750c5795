import type { Beads } from '../../sources/beads/bd.js';

interface Call {
  readonly first: boolean;
  readonly start: () => Promise<void>;
}

/** One call of bd at a time: its database takes one writer. What agents wait for goes first. */
export class BdDoor {
  private readonly waiting: Call[] = [];
  private busy = false;

  constructor(private readonly bd: Beads) {}

  async call<T>(work: (bd: Beads) => Promise<T>, { first = false } = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const call: Call = { first, start: async () => work(this.bd).then(resolve, reject) };
      const at = first ? this.waiting.findIndex((other) => !other.first) : -1;
      if (at < 0) this.waiting.push(call);
      else this.waiting.splice(at, 0, call);
      this.next();
    });
  }

  private next(): void {
    if (this.busy) return;
    const call = this.waiting.shift();
    if (call === undefined) return;
    this.busy = true;
    const ended = (): void => {
      this.busy = false;
      this.next();
    };
    call.start().then(ended, ended);
  }
}
