import { globMatcher } from './glob.js';
import type { Scope } from './plan.js';

/** A changed path as git reports it; `oldPath` is where a renamed file was. */
export interface ChangedPath {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type_changed';
  readonly oldPath: string | null;
}

/** A path a task should not have changed and, for people, the rule it breaks. */
export interface ScopeViolation {
  readonly path: string;
  /** `inside BOUNDARY src/shared/**` or `in neither CREATE nor MODIFY`. */
  readonly rule: string;
}

/**
 * What of a task's changes its scope does not allow, each path once, in the order of the changes. BOUNDARY wins over
 * CREATE and MODIFY. A task that declares neither CREATE nor MODIFY may change everything outside its BOUNDARY. Parts
 * of files (`path::Symbol`) are checked as whole files.
 */
export function scopeViolations(scope: Scope, changes: readonly ChangedPath[]): ScopeViolation[] {
  const allowed = [...scope.create, ...scope.modify].map((entry) => globMatcher(entry.glob));
  const boundary = scope.boundary.map((glob) => ({ glob, matches: globMatcher(glob) }));
  const paths = new Set(changes.flatMap((change) => touched(change)));
  return [...paths].flatMap((path) => {
    const crossed = boundary.find((rule) => rule.matches(path));
    if (crossed !== undefined) return [{ path, rule: `inside BOUNDARY ${crossed.glob}` }];
    const inScope = allowed.length === 0 || allowed.some((matches) => matches(path));
    return inScope ? [] : [{ path, rule: 'in neither CREATE nor MODIFY' }];
  });
}

/** A rename removes the file from its old place; a copy leaves the original alone. */
function touched(change: ChangedPath): string[] {
  return change.status === 'renamed' && change.oldPath !== null ? [change.oldPath, change.path] : [change.path];
}
