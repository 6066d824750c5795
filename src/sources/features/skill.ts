import { join } from 'node:path';
import { skillPaths } from '../../core/trust/skill-paths.js';
import { readTextInside } from '../files/safe-file.js';

/**
 * The file (relative to the repository) that defines a slash command or skill in this repository; null when it has
 * none of that name. What a user has in their own account is not looked at: agents do not get it.
 */
export async function findSkill(root: string, command: string): Promise<string | null> {
  for (const path of skillPaths(command)) {
    if ((await readTextInside(root, join(root, path))).kind === 'text') return path;
  }
  return null;
}
