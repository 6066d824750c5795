import type { Brought } from './brought-work.js';
import type { Finding } from '../../core/held/finding.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { readDifferences } from '../../git/diff/tree-difference.js';
import type { Run } from '../run/run.js';
import { lfsFindings } from './check-lfs.js';
import { linkFindings } from './check-links.js';
import { submoduleFindings } from './check-submodules.js';
import { trustFindings } from './check-trust.js';

/** Looks for one kind of thing that a person has to decide about, in what the branch brings and nothing else. */
export type HeldCheck = (run: Run, task: PlannedTask, brought: Brought) => Promise<readonly Finding[]>;

/** Every check of what lands; another kind is one more entry. */
const CHECKS: readonly HeldCheck[] = [trustFindings, submoduleFindings, linkFindings, lfsFindings];

/** What a person has to decide about before `commit` may land on `onto`, in the order of the checks. */
export async function findHeld(
  run: Run,
  task: PlannedTask,
  { onto, commit, tip }: Omit<Brought, 'differences'>,
): Promise<Finding[]> {
  const differences = await readDifferences(run.repo.root, onto, commit);
  const findings: Finding[] = [];
  for (const check of CHECKS) findings.push(...(await check(run, task, { onto, commit, tip, differences })));
  return findings;
}
