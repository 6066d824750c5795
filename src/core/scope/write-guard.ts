import { COMPLETION_MARKER } from '../plan/completion-marker.js';
import type { PlannedTask } from '../plan/plan.js';
import { scopeViolations } from './scope-check.js';
import type { ScopeMode } from '../settings/settings.js';

/** Printed by o8's guards on standard error, which shows that they ran. */
export const GUARD_MARK = 'o8-guard';

/** Where a task's agent may write: an empty `allow` means everywhere in the worktree; `boundary` takes precedence. */
export interface WriteRules {
  readonly worktree: string;
  readonly allow: readonly string[];
  readonly boundary: readonly string[];
}

/** `enforce`: only CREATE and MODIFY, if the task declares any. `warn`: all but BOUNDARY. `off`: the whole worktree. */
export function writeRules(task: Pick<PlannedTask, 'scope' | 'worktree'>, mode: ScopeMode): WriteRules {
  const { worktree, scope } = task;
  switch (mode) {
    case 'enforce':
      return { worktree, allow: [...scope.create, ...scope.modify].map(({ glob }) => glob), boundary: scope.boundary };
    case 'warn':
      return { worktree, allow: [], boundary: scope.boundary };
    case 'off':
      return { worktree, allow: [], boundary: [] };
  }
}

/**
 * Why an agent may not write `path` (relative to the worktree, links resolved, separated by `/`), as an instruction for
 * the agent; null if it may.
 */
export function writeRefusal(rules: WriteRules, path: string): string | null {
  if (path === '' || path === '..' || path.startsWith('../') || path.startsWith('/')) {
    return `It is outside this task's worktree ${rules.worktree}. Write only there.`;
  }
  // The .git file of a worktree names its repository; changing it would attach the worktree to another one. Ignores
  // case, as macOS does.
  if (/^\.git(?:\/|$)/i.test(path)) return 'It belongs to git. Use git commands.';
  if (path === COMPLETION_MARKER) return null;
  const scope = {
    create: rules.allow.map((glob) => ({ glob, symbol: null })),
    modify: [],
    boundary: [...rules.boundary],
  };
  const [violation] = scopeViolations(scope, [{ path, status: 'modified', oldPath: null }]);
  return violation === undefined
    ? null
    : `It is ${violation.rule}, so not part of this task. Leave it as it is, and say in your summary what it needs.`;
}

/**
 * The guard's arguments; `readWriteRules` of the guard program reads them. `=` prevents a value that starts with `-`
 * from being read as an option.
 */
export function writeRulesArguments(rules: WriteRules): string[] {
  return [
    `--worktree=${rules.worktree}`,
    ...rules.allow.map((glob) => `--allow=${glob}`),
    ...rules.boundary.map((glob) => `--boundary=${glob}`),
  ];
}
