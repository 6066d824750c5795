import { selectedTasks } from '../plan/build-plan.js';
import type { Plan } from '../plan/plan.js';
import { fail, findingsOr, someOf, warn, type Check } from '../base/check.js';
import type { PreflightFacts } from './preflight-facts.js';
import { exactName, foldName, NAMES_DIFFER } from '../scope/folded-name.js';
import { nameTwins, type NameTwins, type Spelling } from '../scope/name-twins.js';
import type { ScopeOverlap } from '../scope/scope-overlap.js';

/** Names that differ only in case or Unicode form. `overlaps` have been reported already. */
export function caseNameChecks(
  plan: Plan,
  { tracked, foldsCase }: PreflightFacts,
  overlaps: readonly ScopeOverlap[],
): readonly Check[] {
  const report = foldsCase ? fail : warn;
  const said = new Set(overlaps.flatMap(({ path, alias }) => (alias === undefined ? [] : [foldName(path)])));
  const tasks = plan.settings.scope === 'off' ? [] : selectedTasks(plan);
  const twins = nameTwins(tracked, tasks).filter((found) => !isOverlap(found, said));
  const known = twins.filter((found) => found.every(({ inRepository }) => inRepository));
  const findings = twins
    .filter((found) => !known.includes(found))
    .map((found) =>
      report(
        'case-names',
        `${found.map((each) => spelled(each, found)).join(' and ')} ${NAMES_DIFFER}`,
        "Use one spelling in all '## Scope' sections, the repository's where the file exists",
        [...new Set(found.flatMap((each) => each.tasks))],
      ),
    );
  const all = [...findings, ...ofRepository(known, report)];
  if (said.size > 0) return all;
  return findingsOr(all, 'case-names', 'No two names differ only in case');
}

/** One finding for all pairs that exist in the repository already, because no task causes them. */
function ofRepository(known: readonly NameTwins[], report: typeof fail): Check[] {
  const [first] = known;
  if (first === undefined) return [];
  const pairs = known.map((found) => found.map(({ name }) => exactName(name, otherOf(name, found))).join(' and '));
  return [
    report(
      'case-names',
      `Files of the repository ${NAMES_DIFFER}: ${someOf(pairs, 3)}`,
      "Rename one of each pair with 'git mv' and commit",
    ),
  ];
}

function isOverlap(found: NameTwins, said: ReadonlySet<string>): boolean {
  const [first] = found;
  const tasks = new Set(found.flatMap((each) => each.tasks));
  const isOfTwo = tasks.size <= 2 && !found.some(({ inRepository }) => inRepository);
  return isOfTwo && first !== undefined && said.has(foldName(first.name));
}

function spelled({ name, tasks, inRepository }: Spelling, all: NameTwins): string {
  const owners = [
    ...(tasks.length === 0 ? [] : [`in ${someOf(tasks, 3)}`]),
    ...(inRepository ? ['in the repository'] : []),
  ];
  return `${exactName(name, otherOf(name, all))} ${owners.join(' and ')}`;
}

function otherOf(name: string, all: NameTwins): string {
  return all.find((each) => each.name !== name && each.name.normalize('NFC') === name.normalize('NFC'))?.name ?? name;
}
