/** Stops the user's own commands (setup, verify, validation) of a task that is being aborted. */
export class Interrupts {
  private readonly controllers = new Map<string, AbortController>();

  /** Aborted when the task is interrupted; a task that is tried again later gets a new one. */
  signalFor(task: string): AbortSignal {
    const known = this.controllers.get(task);
    if (known !== undefined && !known.signal.aborted) return known.signal;
    const fresh = new AbortController();
    this.controllers.set(task, fresh);
    return fresh.signal;
  }

  interrupt(task: string): void {
    this.controllers.get(task)?.abort();
  }

  interruptAll(): void {
    for (const task of this.controllers.keys()) this.interrupt(task);
  }
}
