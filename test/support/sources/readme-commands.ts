import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const README = resolve(import.meta.dirname, '../../../README.md');

/** The command lines of each code block below a heading of the README, comments after them included. */
export async function readmeCommands(heading: string): Promise<string[][]> {
  const blocks: string[][] = [];
  let here = false;
  let fence: { readonly language: string; readonly lines: string[] } | null = null;
  for (const line of (await readFile(README, 'utf8')).split('\n')) {
    if (line.startsWith('```')) {
      if (fence !== null && here && fence.language === '') blocks.push(fence.lines);
      fence = fence === null ? { language: line.slice(3), lines: [] } : null;
    } else if (fence !== null) fence.lines.push(line);
    else if (line.startsWith('## ')) here = line === `## ${heading}`;
  }
  if (blocks.length === 0) throw new Error(`the README has no commands below ${heading}`);
  return blocks;
}
