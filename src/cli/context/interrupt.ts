/**
 * A promise of the next signal; `forget` restores the signal's default effect. The listener stays until then: libraries
 * that clean up on exit send the signal again when there is no other listener.
 */
export function interruptedBy(signal: 'SIGINT'): { readonly received: Promise<void>; forget: () => void } {
  let listener: () => void = () => undefined;
  const received = new Promise<void>((resolve) => {
    listener = resolve;
    process.on(signal, listener);
  });
  return {
    received,
    forget: () => {
      process.removeListener(signal, listener);
    },
  };
}

/** An abort signal for child processes: those in their own process group do not receive Ctrl+C from the terminal. */
export function abortedBySignals(): { readonly signal: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  const listener = (): void => {
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.on(name, listener);
  return {
    signal: controller.signal,
    forget: () => {
      for (const name of signals) process.removeListener(name, listener);
    },
  };
}
