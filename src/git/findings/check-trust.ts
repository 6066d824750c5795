import type { Finding } from '../../core/held/finding.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { SETTINGS_FILE } from '../../core/agents/trust-kinds.js';
import { skillPaths } from '../../core/trust/skill-paths.js';
import { printable } from '../../core/text/untrusted-text.js';
import { readTrustItems } from '../trust/items.js';
import type { Brought, HeldRun } from './brought-work.js';
import { takeBackCommands } from './mending.js';

/**
 * Files that run programs or change what agents may do and that differ from the target, including files that the
 * target's settings refer to, such as a hook script. The next run in this repository would ask for consent to them.
 */
export async function trustFindings(run: HeldRun, task: PlannedTask, brought: Brought): Promise<Finding[]> {
  const { onto, commit, differences } = brought;
  if (differences.length === 0) return [];
  const skill = skillPaths(run.plan.settings.skill);
  const itemsAt = (at: string) => readTrustItems(run.repo, at, { skill, settings: 'as_committed' });
  const [before, after] = await Promise.all([itemsAt(onto), itemsAt(commit)]);
  const had = new Map(before.map(({ from, digest }) => [from, digest]));
  return after
    .filter(({ from, digest }) => had.get(from) !== digest)
    .map(({ from, digest }) => ({
      key: `trust ${digest}`,
      what: `${printable(from)} ${had.has(from) ? 'is changed' : 'is new'}: ${effectOf(from)}`,
      path: from,
      commands: [
        `git --no-pager diff ${onto.slice(0, 12)} ${shellQuote(task.branch)} -- ${shellQuote(from)}`,
        ...takeBackCommands(task, from, had.has(from) ? onto : null),
      ],
    }));
}

function effectOf(path: string): string {
  return path === SETTINGS_FILE
    ? 'o8 settings choose the programs that o8 runs'
    : 'it runs programs or changes what agents may do in this repository';
}
