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
