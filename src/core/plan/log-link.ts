import { isAbsolute, join, relative, sep } from 'node:path';
import type { Plan, PlannedTask } from './plan.js';

/** Where a person finds the log of a task's current attempt; null when that would be outside the repository. */
export function logLinkPath(
  { root, source }: Pick<Plan, 'root' | 'source'>,
  task: Pick<PlannedTask, 'id' | 'worktree'>,
): string | null {
  switch (source.kind) {
    case 'manifest':
      return insideOrNull(root, join(source.dir, 'logs', `${task.id}.log`));
    case 'features':
      return insideOrNull(root, `${task.worktree}.log`);
  }
}

function insideOrNull(root: string, path: string): string | null {
  const way = relative(root, path);
  return way.split(sep)[0] === '..' || isAbsolute(way) ? null : path;
}
