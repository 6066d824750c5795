import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ProcessIdentity, ProcessProbe } from '../../../src/core/base/process-identity.js';
import { waitFor } from '../waiting/wait-for.js';

/** A small probe over Linux's /proc for tests of the store, which may not import process/. */
export const procProbe: ProcessProbe = {
  self: async () => identityOf(process.pid),
  check: async (identity) => {
    const self = await identityOf(process.pid);
    if (identity.host !== self.host) return 'unknown';
    if (identity.bootId !== self.bootId) return 'dead';
    if (identity.pidNs !== self.pidNs) return 'unknown';
    return (await startOf(identity.pid)) === identity.start ? 'alive' : 'dead';
  },
  stop: async (identity, killAfterMs) => {
    const killAt = performance.now() + killAfterMs;
    let signal: NodeJS.Signals = 'SIGTERM';
    const gone = async (): Promise<boolean> => {
      if ((await startOf(identity.pid)) !== identity.start) return true;
      if (performance.now() >= killAt) signal = 'SIGKILL';
      process.kill(identity.pid, signal);
      return false;
    };
    await waitFor(gone, { timeoutMs: killAfterMs + 10_000, what: `the end of process ${identity.pid}` });
  },
};

export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const start = await startOf(pid);
  if (start === null) throw new Error(`no process ${pid}`);
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return { pid, start, bootId, pidNs: await readlink('/proc/self/ns/pid'), host: hostname() };
}

/** Field 22 of the stat line, counted behind the program's name, which may contain anything; null for gone or zombie. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null;
    throw error;
  }
}
