/** Runs works side by side, at most `width` at once, in the order they were given. */
export class Pool<T> {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(private readonly width: number) {}

  /** The caller handles a failure when waiting for the result. */
  start(work: () => Promise<T>): { readonly result: Promise<T> } {
    const result = this.#inTurn(work);
    result.catch(() => undefined); // or it would count as unhandled until then
    return { result };
  }

  async #inTurn(work: () => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running >= this.width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }
}
