import { join } from 'node:path';
import { skillPaths } from '../../core/trust/skill-paths.js';
import { readTextInside } from '../files/safe-file.js';

/**
 * The file (relative to the repository) that defines a slash command or skill; null if the repository has none with
 * that name. The user's own account is not searched, because agents do not use it.
 */
export async function findSkill(root: string, command: string): Promise<string | null> {
  for (const path of skillPaths(command)) {
    if ((await readTextInside(root, join(root, path))).kind === 'text') return path;
  }
  return null;
}
