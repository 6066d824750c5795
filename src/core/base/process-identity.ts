import * as z from 'zod';

/**
 * A process named so that it cannot be mistaken for another one with the same pid: `start` is the kernel's
 * start time as text, `bootId` and `pidNs` say in which boot and pid namespace the pid counts.
 */
export const processIdentitySchema = z.strictObject({
  pid: z.number().int().positive(),
  start: z.string(),
  bootId: z.string(),
  pidNs: z.string(),
  host: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** `unknown`: other host or pid namespace, where this process cannot look. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** How the lock asks about processes; implemented by `process/`. */
export interface ProcessProbe {
  self(): Promise<ProcessIdentity>;
  check(identity: ProcessIdentity): Promise<Liveness>;
  /** SIGTERM, then SIGKILL after `killAfterMs`; resolves when the process is gone, re-checking identity before each signal. */
  stop(identity: ProcessIdentity, killAfterMs: number): Promise<void>;
}
