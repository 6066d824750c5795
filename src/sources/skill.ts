import { join } from 'node:path';
import { readTextInside } from './safe-file.js';

/** The name of a command as it is typed: letters, digits, `.`, `_`, `-`, and `:` between folders. */
const COMMAND = /^\/?([A-Za-z0-9][\w.-]*(?::[A-Za-z0-9][\w.-]*)*)$/;

/**
 * The file (relative to the repository) that defines a slash command or skill in this repository; null when it has
 * none of that name. What a user has in their own account is not looked at: agents do not get it.
 */
export async function findSkill(root: string, command: string): Promise<string | null> {
  const name = COMMAND.exec(command)?.[1];
  if (name === undefined) return null;
  const folders = name.split(':').join('/');
  for (const path of [`.claude/commands/${folders}.md`, `.claude/skills/${folders}/SKILL.md`]) {
    if ((await readTextInside(root, join(root, path))).kind === 'text') return path;
  }
  return null;
}
