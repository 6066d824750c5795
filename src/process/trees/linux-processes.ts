import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errorCode } from '../../core/base/error-code.js';
import type { ProcessEntry, ProcessTable } from './process-entry.js';

// /proc is in memory, so synchronous reads take microseconds, and nothing else runs between a read and the action based
// on it.

interface Stat extends ProcessEntry {
  readonly ended: boolean;
}

/** `/proc/<pid>/stat`; the command name may contain spaces and brackets, so fields are counted from the last `)`. */
export function parseStat(text: string): Stat | null {
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session] = fields;
  const start = fields[19]; // field 22 of proc(5); the first field after the name is number 3
  if (Number.isNaN(pid) || state === undefined || parent === undefined || group === undefined || start === undefined) {
    return null;
  }
  const ended = state === 'Z' || state === 'X';
  return { pid, parent: Number(parent), group: Number(group), session: Number(session), start, ended };
}

function readStat(pid: number): Stat | null {
  const text = readGone(() => readFileSync(`/proc/${String(pid)}/stat`, 'latin1'));
  return text === null ? null : parseStat(text);
}

function living(pid: number): ProcessEntry | null {
  const stat = readStat(pid);
  return stat === null || stat.ended ? null : stat;
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function hasEnvironment(pid: number, entry: string): boolean {
  const environment = readGone(() => readFileSync(`/proc/${String(pid)}/environ`));
  return environment !== null && `\0${environment.toString('utf8')}`.includes(`\0${entry}\0`);
}

function commandLine(pid: number): string | null {
  const words = readGone(() => readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8'));
  if (words === null || words === '') return null;
  return words.replace(/\0+$/, '').replaceAll('\0', ' ');
}

/** Null for a process that has ended or belongs to another user; other failures are thrown. */
function readGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}

/** The kernel's random id of this boot; sandboxes without one (gVisor) at least report the boot time. */
function readBootId(): string {
  const id = readGone(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  return id ?? /^btime .*$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[0] ?? '';
}

export const table: ProcessTable = {
  read: async (pid) => Promise.resolve(living(pid)),
  readChild: async (pid) => Promise.resolve(readStat(pid)),
  list: async () => Promise.resolve(pids().flatMap((pid) => living(pid) ?? [])),
  withEnvironment: async (entry) => Promise.resolve(new Set(pids().filter((pid) => hasEnvironment(pid, entry)))),
  commandLine: async (pid) => Promise.resolve(commandLine(pid)),
  bootId: async () => Promise.resolve(readBootId()),
  pidNamespace: async () => Promise.resolve(readGone(() => readlinkSync('/proc/self/ns/pid')) ?? ''),
};
