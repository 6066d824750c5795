import { COMPLETION_MARKER } from '../plan/completion-marker.js';
import type { PlannedTask } from '../plan/plan.js';
import { scopeViolations } from './scope-check.js';
import type { ScopeMode } from '../settings/settings.js';

/** What o8's guards write on standard error, by which it is seen that they ran. */
export const GUARD_MARK = 'o8-guard';

/** Where a task's agent may write: `allow` empty means everywhere in the worktree, `boundary` wins over it. */
export interface WriteRules {
  readonly worktree: string;
  readonly allow: readonly string[];
  readonly boundary: readonly string[];
}

/** `enforce`: only CREATE and MODIFY, when the task declares any. `warn`: all but BOUNDARY. `off`: the whole worktree. */
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
 * Why an agent may not write `path` (relative to the worktree, links resolved, `/` between its parts), told so that
 * the agent can act on it; null when it may.
 */
export function writeRefusal(rules: WriteRules, path: string): string | null {
  if (path === '' || path === '..' || path.startsWith('../') || path.startsWith('/')) {
    return `It is outside this task's worktree ${rules.worktree}. Write only there.`;
  }
  // A worktree's .git names its repository: who changes it moves the worktree into another one. Case as macOS sees it.
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

/** The guard's arguments; `readWriteRules` of the guard program reads them. `=` keeps a value that starts with `-` a value. */
export function writeRulesArguments(rules: WriteRules): string[] {
  return [
    `--worktree=${rules.worktree}`,
    ...rules.allow.map((glob) => `--allow=${glob}`),
    ...rules.boundary.map((glob) => `--boundary=${glob}`),
  ];
}
