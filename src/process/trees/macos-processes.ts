import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ProcessEntry, ProcessTable } from './process-entry.js';

// Start times are compared as text, so they must be printed in the same format for every language and time zone. The
// clean environment also keeps the marker that `withEnvironment` searches for out of `ps` itself.
const ENVIRONMENT = { PATH: '/bin:/usr/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };
// One option per column, because BSD ps treats everything after the first `=` as the heading.
const COLUMNS = ['-o', 'pid=', '-o', 'ppid=', '-o', 'pgid=', '-o', 'stat=', '-o', 'lstart='];
const COMMANDS = ['-o', 'pid=', '-o', 'command='];
/** A thousand processes with their environments take about 10 MB. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const execute = promisify(execFile);

async function output(program: string, args: string[]): Promise<string> {
  const { stdout } = await execute(program, args, { env: ENVIRONMENT, maxBuffer: MAX_OUTPUT_BYTES });
  return stdout;
}

/** Lines of pid, parent, group, state and start time, without zombies. */
export function parseTable(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, start] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*\S)\s*$/.exec(line) ?? [];
    if (pid === undefined || start === undefined || state === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, start }];
  });
}

function parseCommands(text: string): Map<number, string> {
  return new Map(
    text.split('\n').flatMap((line): [number, string][] => {
      const [, pid, command] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
      return pid === undefined || command === undefined ? [] : [[Number(pid), command]];
    }),
  );
}

/**
 * The processes with `entry` in their environment. `ps -E` prints the environment after the command line, so the output
 * of `ps` without it is removed first: an argument that looks like the entry does not count.
 */
export function parseEnvironments(withEnvironment: string, without: string, entry: string): Set<number> {
  const commands = parseCommands(without);
  return new Set(
    [...parseCommands(withEnvironment)].flatMap(([pid, text]) => {
      const command = commands.get(pid);
      if (command === undefined || !text.startsWith(command)) return [];
      return `${text.slice(command.length)} `.includes(` ${entry} `) ? [pid] : [];
    }),
  );
}

/** The output of `ps` for one process; empty if there is none, which `ps` reports with exit code 1. */
async function ask(pid: number, columns: string[]): Promise<string> {
  return output('ps', [...columns, '-p', String(pid)]).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 1) return '';
    throw error;
  });
}

async function read(pid: number): Promise<ProcessEntry | null> {
  return parseTable(await ask(pid, COLUMNS))[0] ?? null;
}

export const table: ProcessTable = {
  read,
  readChild: read,
  list: async () => parseTable(await output('ps', ['-ax', ...COLUMNS])),
  withEnvironment: async (entry) => {
    const withEnvironment = await output('ps', ['-axEww', ...COMMANDS]);
    return parseEnvironments(withEnvironment, await output('ps', ['-axww', ...COMMANDS]), entry);
  },
  commandLine: async (pid) => (await ask(pid, ['-ww', '-o', 'command='])).trim() || null,
  // Unlike kern.boottime, which changes with every clock correction.
  bootId: async () => (await output('sysctl', ['-n', 'kern.bootsessionuuid'])).trim(),
  pidNamespace: async () => Promise.resolve(''),
};
