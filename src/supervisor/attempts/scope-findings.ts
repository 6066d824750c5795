import type { PlannedTask } from '../../core/plan/plan.js';
import {
  describeViolation,
  partlyAllowed,
  scopeViolations,
  type ScopeViolation,
} from '../../core/scope/scope-check.js';
import { changedPaths } from '../../git/diff/changes.js';
import { readFileParts } from '../../git/definitions/enclosing-definitions.js';
import type { Run } from '../run/run.js';

/**
 * Changes between two commits that the task's scope does not allow; for parts of files, as far as git recognizes
 * definitions.
 */
export async function scopeFindings(
  run: Pick<Run, 'repo'>,
  task: Pick<PlannedTask, 'scope'>,
  from: string,
  tip: string,
): Promise<readonly ScopeViolation[]> {
  const changes = await changedPaths(run.repo, from, tip);
  const partly = partlyAllowed(task.scope, changes);
  const parts = await readFileParts(run.repo, { from, to: tip }, partly);
  return scopeViolations(task.scope, changes, (path) => parts.get(path) ?? { kind: 'unknown' });
}

/** One line per violation. */
export function violationText(violations: readonly ScopeViolation[]): string {
  return violations.map(describeViolation).join('\n');
}
