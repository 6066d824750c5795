/**
 * Proof of owning the repository's lock. Passed to everything that writes run state or moves a ref, so that
 * "did you take the lock" is a question the compiler asks (the idea is bors' lock proof).
 */
export interface Lease {
  readonly runId: string;
  readonly generation: number;
  /** Throws O8Error `lease_lost` when another process has taken over; call it before every durable effect. */
  assertHeld(): void;
}

/** Runs `work` while no other process is inside the same section. */
export type CriticalSection = <T>(work: () => Promise<T>) => Promise<T>;
