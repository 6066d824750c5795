/**
 * Proof of owning the repository's lock. Everything that writes run state or moves a ref takes it as an argument, so
 * that the compiler checks that the lock was taken.
 */
export interface Lease {
  readonly runId: string;
  readonly generation: number;
  /** Throws O8Error `lease_lost` if another process has taken over; call it before every durable effect. */
  assertHeld(): void;
}

/** Runs `work` while no other process is inside the same section. */
export type CriticalSection = <T>(work: () => Promise<T>) => Promise<T>;
