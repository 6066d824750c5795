/** Runs works side by side, at most `width` at once, in the order they were given. */
export class Pool<T> {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(private readonly width: number) {}

  /** A failure is the caller's to meet, whenever they wait for it. */
  run(work: () => Promise<T>): Promise<T> {
    const result = this.#turn().then(work);
    const over = (): void => {
      this.#running -= 1;
      this.#waiting.shift()?.();
    };
    result.then(over, over);
    return result;
  }

  async #turn(): Promise<void> {
    if (this.#running >= this.width) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }
}
