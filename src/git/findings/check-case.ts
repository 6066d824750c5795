import { caseTwins } from '../../core/scope/case-twins.js';
import type { Finding } from '../../core/held/finding.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { exactName, NAMES_DIFFER } from '../../core/scope/folded-name.js';
import { allPaths } from '../held/tree-entries.js';
import type { Brought, HeldRun } from './brought-work.js';
import { renameCommands } from './mending.js';

const ABSENT = /^0+$/;

/**
 * Files whose name differs from an existing one only in case or accents: a clone on macOS or Windows has only one of
 * them.
 */
export async function caseFindings(run: HeldRun, task: PlannedTask, brought: Brought): Promise<Finding[]> {
  const added = brought.differences.flatMap(({ path, oldMode }) => (ABSENT.test(oldMode) ? [path] : []));
  if (added.length === 0) return [];
  return caseTwins(added, await allPaths(run.repo, brought.commit)).map(({ brought: path, other }) => ({
    key: `case ${path}\0${other}`,
    what: `${exactName(path, other)} and ${exactName(other, path)} ${NAMES_DIFFER}`,
    path,
    commands: renameCommands(task, path),
  }));
}
