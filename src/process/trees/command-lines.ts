import { sanitizeLine } from '../../core/text/terminal-text.js';
import { processTable } from './process-table.js';
import type { ProcessEntry } from './process-entry.js';

/** Enough to recognize a program; arguments can contain whole scripts. */
const LONGEST = 80;
/** A longer list would not be read. */
const MOST = 5;

/** The command lines of these processes, without duplicates, safe to print, with `…` if shortened. */
export async function commandLines(processes: readonly ProcessEntry[]): Promise<string[]> {
  const lines = await Promise.all(processes.map(async ({ pid }) => processTable.commandLine(pid)));
  const names = [...new Set(lines.flatMap((line) => (line === null ? [] : [shortened(sanitizeLine(line))])))];
  return names.length <= MOST ? names : [...names.slice(0, MOST), `${String(names.length - MOST)} more`];
}

function shortened(line: string): string {
  const flat = line.replace(/\s+/g, ' ').trim();
  return flat.length <= LONGEST ? flat : `${flat.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
