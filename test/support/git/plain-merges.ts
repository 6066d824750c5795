import type { RunEvent } from '../../../src/core/run/events.js';
import { gitOutput, scratchGit } from './scratch-git.js';

/** A move of the target, by o8 according to its journal, or by somebody else. */
interface Move {
  readonly from: string;
  readonly to: string;
}

interface LandedTask extends Move {
  readonly task: string;
}

export interface Landings {
  /** The repository o8 worked in; its HEAD is where the target was first. */
  readonly root: string;
  /** The target before and after. */
  readonly first: string;
  readonly last: string;
  readonly events: readonly RunEvent[];
  /** Commits of somebody else on the target. */
  readonly intrusions: readonly Move[];
  /** Id and tip of every task's branch. */
  readonly tips: ReadonlyMap<string, string>;
}

/**
 * Does what o8 did again in `clone`, a new plain clone, with `git merge --no-ff` in its checkout, in o8's order, and
 * returns the differences: another tree, a landing that git does not merge, a conflict that git does not have.
 */
export function differencesFromPlainMerges(landings: Landings, clone: string): string[] {
  const { root, first, last, events, intrusions, tips } = landings;
  gitOutput(root, ['clone', '--quiet', '--shared', root, clone]);
  /** The conflict that git reports; null if the merge is clean. */
  const merge = (task: string): string | null => {
    const args = ['merge', '--quiet', '--no-ff', '--message', task, tips.get(task) ?? ''];
    const { code, stderr, stdout } = scratchGit(clone, args);
    return code === 0 ? null : `exit ${String(code)}: ${stderr}${stdout}`;
  };
  const differences: string[] = [];
  const landed = landedMoves(events);
  const conflicts = conflictsOf(events);
  const kept = new Set<Move>();
  let at = first;
  const arrive = (commit: string): void => {
    at = commit;
    for (const conflict of conflicts.splice(0)) {
      if (conflict.targetCommit !== at) {
        conflicts.push(conflict);
        continue;
      }
      const head = gitOutput(clone, ['rev-parse', 'HEAD']);
      if (merge(conflict.task) === null)
        differences.push(`${conflict.task} is a conflict for o8 at ${at}, none for git`);
      gitOutput(clone, ['reset', '--quiet', '--hard', head]);
    }
  };
  arrive(first);
  for (;;) {
    const landing = takeNext(landed, at);
    const intrusion = intrusions.find((move) => move.from === at);
    if (landing !== null) {
      const refusal = merge(landing.task);
      if (refusal !== null) {
        // Nothing after it can be compared.
        return [...differences, `${landing.task} landed at ${landing.to}, git does not merge it at ${at}: ${refusal}`];
      }
      const [ours, theirs] = treesOf(clone, [landing.to, 'HEAD']);
      if (ours !== theirs) differences.push(`${landing.task} landed as tree ${ours ?? ''}, git has ${theirs ?? ''}`);
      if (landing.to !== at) arrive(landing.to);
    } else if (intrusion !== undefined) {
      kept.add(intrusion);
      gitOutput(clone, ['read-tree', '--reset', '-u', intrusion.to]);
      gitOutput(clone, ['commit', '--quiet', '--allow-empty', '--message', 'somebody else']);
      arrive(intrusion.to);
    } else break;
  }
  if (at !== last) differences.push(`the target is at ${last}, and nothing accounts for what came after ${at}`);
  for (const move of intrusions.filter((each) => !kept.has(each))) {
    differences.push(`commit ${move.to}, which somebody else made on the target, was lost`);
  }
  for (const { task } of landed) differences.push(`${task} is said to have landed, on what the target never was`);
  for (const { task } of conflicts) differences.push(`${task} has a conflict with what the target never was`);
  return differences;
}

/** Takes out of the list what came to the target when it was at `at`; first what changed nothing. */
function takeNext(landed: LandedTask[], at: string): LandedTask | null {
  const here = landed.filter(({ from }) => from === at);
  const next = here.find(({ to }) => to === at) ?? here[0];
  if (next === undefined) return null;
  landed.splice(landed.indexOf(next), 1);
  return next;
}

function treesOf(clone: string, commits: readonly string[]): string[] {
  return gitOutput(clone, ['rev-parse', ...commits.map((commit) => `${commit}^{tree}`)]).split('\n');
}

/** In order: what was last announced for each task that landed; nothing was announced for what was there already. */
function landedMoves(events: readonly RunEvent[]): LandedTask[] {
  const announced = new Map<string, Move>();
  return events.flatMap((event) => {
    if (event.type === 'merge_intended') announced.set(event.task, { from: event.from, to: event.to });
    if (event.type !== 'task_merged') return [];
    const move = announced.get(event.task) ?? { from: event.landed, to: event.landed };
    return [{ task: event.task, ...move }];
  });
}

function conflictsOf(events: readonly RunEvent[]): { task: string; targetCommit: string }[] {
  return events.filter((event) => event.type === 'task_conflicted');
}
