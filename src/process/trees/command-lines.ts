import { sanitizeLine } from '../../core/text/terminal-text.js';
import { processTable } from './process-table.js';
import type { ProcessEntry } from './process-entry.js';

/** Enough to know a program again; arguments can be whole scripts. */
const LONGEST = 80;
/** A note that lists more is not read. */
const MOST = 5;

/** What a person knows these processes by: their command lines, each once, safe to print, with `…` where cut. */
export async function commandLines(processes: readonly ProcessEntry[]): Promise<string[]> {
  const lines = await Promise.all(processes.map(async ({ pid }) => processTable.commandLine(pid)));
  const names = [...new Set(lines.flatMap((line) => (line === null ? [] : [shortened(sanitizeLine(line))])))];
  return names.length <= MOST ? names : [...names.slice(0, MOST), `${String(names.length - MOST)} more`];
}

function shortened(line: string): string {
  const flat = line.replace(/\s+/g, ' ').trim();
  return flat.length <= LONGEST ? flat : `${flat.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
