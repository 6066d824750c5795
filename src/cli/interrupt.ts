/** A promise of the next signal; `forget` gives the signal its ordinary meaning back. */
export function interruptedBy(signal: 'SIGINT'): { readonly received: Promise<void>; forget(): void } {
  let listener: () => void = () => undefined;
  const received = new Promise<void>((resolve) => {
    listener = resolve;
    process.once(signal, listener);
  });
  return {
    received,
    forget: () => {
      process.removeListener(signal, listener);
    },
  };
}
