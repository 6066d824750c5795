import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const README = resolve(import.meta.dirname, '../../README.md');

/** The command lines of each code block below a heading of the README, comments after them included. */
export async function readmeCommands(heading: string): Promise<string[][]> {
  const [, section] = (await readFile(README, 'utf8')).split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`the README has no section ${heading}`);
  const [text = ''] = section.split('\n## ');
  return [...text.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block.trim().split('\n'));
}
