/**
 * A promise of the next signal; `forget` gives the signal its ordinary meaning back. The listener stays until then:
 * libraries that clean up on exit send the signal again when they find nobody else listening.
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

/** An abort signal for what has to be stopped with us: programs in a group of their own get no Ctrl+C. */
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
