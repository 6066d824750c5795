import * as z from 'zod';

/**
 * Identifies a process even if its pid is reused: `start` is the kernel's start time as text; `bootId` and `pidNs` are
 * the boot and pid namespace in which the pid is valid.
 */
export const processIdentitySchema = z.strictObject({
  pid: z.number().int().positive(),
  start: z.string(),
  bootId: z.string(),
  pidNs: z.string(),
  host: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** `unknown`: the process is on another host or in another pid namespace and cannot be checked. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** How the lock checks processes; implemented by `process/`. */
export interface ProcessProbe {
  self(): Promise<ProcessIdentity>;
  check(identity: ProcessIdentity): Promise<Liveness>;
  /**
   * SIGTERM, then SIGKILL after `killAfterMs`; resolves when the process is gone, and checks its identity before each
   * signal.
   */
  stop(identity: ProcessIdentity, killAfterMs: number): Promise<void>;
}
