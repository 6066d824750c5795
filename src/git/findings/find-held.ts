import type { Brought, HeldRun } from './brought-work.js';
import type { Finding } from '../../core/held/finding.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { readDifferences } from '../diff/tree-difference.js';
import { mergeBase } from '../refs/refs.js';
import { caseFindings } from './check-case.js';
import { lfsFindings } from './check-lfs.js';
import { linkFindings } from './check-links.js';
import { submoduleFindings } from './check-submodules.js';
import { trustFindings } from './check-trust.js';

/** Finds one kind of change in a branch that needs the user's approval. */
export type HeldCheck = (run: HeldRun, task: PlannedTask, brought: Brought) => Promise<readonly Finding[]>;

/** All checks before a merge; add new kinds here. */
const CHECKS: readonly HeldCheck[] = [trustFindings, submoduleFindings, linkFindings, caseFindings, lfsFindings];

/** The changes that need the user's approval before `commit` may be merged into `onto`, in the order of the checks. */
export async function findHeld(
  run: HeldRun,
  task: PlannedTask,
  { onto, commit, tip }: Omit<Brought, 'differences'>,
): Promise<Finding[]> {
  const differences = await readDifferences(run.repo.root, onto, commit);
  const findings: Finding[] = [];
  for (const check of CHECKS) findings.push(...(await check(run, task, { onto, commit, tip, differences })));
  return findings;
}

/**
 * The same for work that is waiting to be merged, without making the merge: the branch's changes that still differ from
 * the target. Writes nothing into the repository.
 */
export async function predictHeld(
  run: HeldRun,
  task: PlannedTask,
  { target, tip }: { readonly target: string; readonly tip: string },
): Promise<Finding[]> {
  const base = await mergeBase(run.repo, target, tip);
  if (base === null) return [];
  const brought = await findHeld(run, task, { onto: base, commit: tip, tip });
  if (base === target || brought.length === 0) return brought;
  const keys = new Set(brought.map(({ key }) => key));
  return (await findHeld(run, task, { onto: target, commit: tip, tip })).filter(({ key }) => keys.has(key));
}
