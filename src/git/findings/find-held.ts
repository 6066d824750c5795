import type { Brought, HeldRun } from './brought-work.js';
import type { Finding } from '../../core/held/finding.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { readDifferences } from '../diff/tree-difference.js';
import { mergeBase } from '../refs/refs.js';
import { lfsFindings } from './check-lfs.js';
import { linkFindings } from './check-links.js';
import { submoduleFindings } from './check-submodules.js';
import { trustFindings } from './check-trust.js';

/** Looks for one kind of thing that a person has to decide about, in what the branch brings and nothing else. */
export type HeldCheck = (run: HeldRun, task: PlannedTask, brought: Brought) => Promise<readonly Finding[]>;

/** Every check of what lands; another kind is one more entry. */
const CHECKS: readonly HeldCheck[] = [trustFindings, submoduleFindings, linkFindings, lfsFindings];

/** What a person has to decide about before `commit` may land on `onto`, in the order of the checks. */
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
 * The same for work that waits to be merged, of which no merge is made to look at it: what the branch changed, as far as it
 * is still other than on the target. Writes nothing into the repository.
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
