import { hostname } from 'node:os';
import { errorCode } from '../../core/base/error-code.js';
import { O8Error } from '../../core/base/errors.js';
import type { Liveness, ProcessIdentity, ProcessProbe } from '../../core/base/process-identity.js';
import { processTable } from './process-table.js';
import { signal } from '../base/signal.js';
import { waitUntil } from '../base/wait-until.js';

/** The kernel removes a killed process immediately, unless it waits for a disk or network that does not respond. */
const KILLED_WITHIN_MS = 10_000;

type Machine = Pick<ProcessIdentity, 'bootId' | 'pidNs' | 'host'>;

let machine: Promise<Machine> | null = null;

async function thisMachine(): Promise<Machine> {
  const [bootId, pidNs] = await Promise.all([processTable.bootId(), processTable.pidNamespace()]);
  return { bootId, pidNs, host: hostname() };
}

/** The identity of a child of this process, also if it has just ended. Null if it was already reaped. */
export async function identityOfChild(pid: number): Promise<ProcessIdentity | null> {
  const entry = await processTable.readChild(pid); // first: an ended child is reaped on the next turn of the event loop
  machine ??= thisMachine();
  return entry === null ? null : { pid, start: entry.start, ...(await machine) };
}

export async function identityAt(pid: number, start: string): Promise<ProcessIdentity> {
  machine ??= thisMachine();
  return { pid, start, ...(await machine) };
}

/**
 * Whether exactly this process is alive: pid, start time, boot and pid namespace must match. A machine is identified by
 * its boot, not its name, which changes with the network; after a reboot of the host, all earlier processes are dead.
 */
async function check(identity: ProcessIdentity): Promise<Liveness> {
  machine ??= thisMachine();
  const here = await machine;
  if (identity.bootId !== here.bootId) return identity.host === here.host ? 'dead' : 'unknown';
  if (identity.pidNs !== here.pidNs) return 'unknown';
  const found = await processTable.read(identity.pid);
  if (found === null) return isHidden(identity.pid) ? 'unknown' : 'dead';
  return found.start === identity.start ? 'alive' : 'dead';
}

/** With /proc mounted hidepid, a process of another user is not listed, and cannot be signalled either. */
function isHidden(pid: number): boolean {
  return signal(pid, 0) === 'forbidden';
}

async function signalSame(identity: ProcessIdentity, name: NodeJS.Signals): Promise<void> {
  if ((await check(identity)) === 'alive' && signal(identity.pid, name) === 'forbidden') {
    throw new O8Error(
      'refused',
      `Process ${identity.pid} belongs to another user and cannot be stopped from here.`,
      `Ask its owner to run: kill ${identity.pid}`,
    );
  }
}

async function stop(identity: ProcessIdentity, killAfterMs: number): Promise<void> {
  if ((await check(identity)) === 'unknown') {
    throw new O8Error(
      'lock_unknown',
      `Process ${identity.pid} runs on ${identity.host}, which is not visible from here.`,
      `Stop it there (kill ${identity.pid} on ${identity.host}), then try again.`,
    );
  }
  const gone = async (): Promise<boolean> => (await check(identity)) === 'dead';
  await signalSame(identity, 'SIGTERM');
  if (await waitUntil(gone, killAfterMs)) return;
  await signalSame(identity, 'SIGKILL');
  if (await waitUntil(gone, KILLED_WITHIN_MS)) return;
  throw new O8Error(
    'timed_out',
    `Process ${identity.pid} is still there ${KILLED_WITHIN_MS / 1000} s after SIGKILL; it is blocked in the kernel.`,
    `ps -o pid,stat,wchan:20,args -p ${identity.pid}`,
  );
}

/** Whether there is a process with this pid, whichever it is. */
export function isSomethingAt(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Processes by pid and start time (Jenkins and containerd detect reused pids in the same way). */
export const processProbe: ProcessProbe = {
  self: async () => {
    const own = await identityOfChild(process.pid);
    if (own === null) throw new Error(`process ${process.pid} cannot see itself in the process table`);
    return own;
  },
  check,
  stop,
};
