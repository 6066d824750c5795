import { isAbsolute, relative, sep } from 'node:path';
import type { Plan, PlannedTask } from './plan.js';
import { sourceOf } from './sources.js';

/** Path of the readable log of a task's current attempt; null if that would be outside the repository. */
export function logLinkPath(
  { root, source }: Pick<Plan, 'root' | 'source'>,
  task: Pick<PlannedTask, 'id' | 'worktree'>,
): string | null {
  return insideOrNull(root, sourceOf(source).log(task));
}

function insideOrNull(root: string, path: string): string | null {
  const way = relative(root, path);
  return way.split(sep)[0] === '..' || isAbsolute(way) ? null : path;
}
