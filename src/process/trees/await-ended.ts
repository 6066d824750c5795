import { waitUntil } from '../base/wait-until.js';
import type { ProcessEntry } from './process-entry.js';
import { processTable } from './process-table.js';

/** Programs that a process which was killed had started. */
export interface StillRunning {
  /** The pid of that process if it led a process group; null: not known. */
  readonly group: number | null;
  /** `NAME=value` in the environment of some of them, in groups of their own, whose command lines match. */
  readonly marker: string;
  readonly commands: RegExp;
}

/** Waits until they have ended by themselves; returns the command lines of those that run after `timeoutMs`. */
export async function awaitEnded(what: StillRunning, timeoutMs: number): Promise<string[]> {
  let left: string[] = [];
  await waitUntil(async () => {
    left = await running(what);
    return left.length === 0;
  }, timeoutMs);
  return left;
}

async function running({ group, marker, commands }: StillRunning): Promise<string[]> {
  const all = await processTable.list();
  const marked = await processTable.withEnvironment(marker);
  const commandOf = async ({ pid }: ProcessEntry): Promise<string> => (await processTable.commandLine(pid)) ?? '';
  const found: string[] = [];
  for (const entry of all) {
    if (entry.pid === process.pid) continue;
    const isOfGroup = entry.group === group && entry.pid !== group;
    if (!isOfGroup && !marked.has(entry.pid)) continue;
    const command = await commandOf(entry);
    // Such a program may have started a service that stays; a group may be another's by now.
    if (isOfGroup ? /(^|\/)git /.test(command) : commands.test(command)) found.push(command);
  }
  return found;
}
