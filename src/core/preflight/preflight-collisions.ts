import { joined, o8, text, type Command } from '../base/text.js';
import { basename } from 'node:path';
import { selectedTasks } from '../plan/build-plan.js';
import type { Plan, PlannedTask } from '../plan/plan.js';
import { relativePath } from '../plan/plan-text.js';
import { fail, findingsOr, warn, type Check } from '../base/check.js';
import type { OccupiedPath, PreflightFacts } from './preflight-facts.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';
import { ownBranch, targetOf } from '../plan/target.js';
import { sourceOf } from '../plan/sources.js';

/** Checks that the branch and worktree names of this run are free. */
export function collisionChecks(plan: Plan, facts: PreflightFacts): readonly Check[] {
  return [
    ...findingsOr(branchCollisions(plan, facts), 'branch-collision', 'No branch of this run exists yet'),
    ...findingsOr(worktreeCollisions(plan, facts), 'worktree-collision', 'No worktree of this run exists yet'),
  ];
}

/** How an existing branch prevents the creation of another one. */
type Obstacle = 'same' | 'nested' | 'same_but_for_case' | 'nested_but_for_case';

function branchCollisions(plan: Plan, facts: PreflightFacts): Check[] {
  const own = ownBranch(targetOf(plan));
  const wanted = [
    ...newTasks(plan, facts).map(({ id, branch }) => ({ branch, task: id })),
    ...(own === null ? [] : [{ branch: own, task: null }]),
  ];
  const begun = new Set(newTasks(plan, facts).flatMap((task) => (task.begun === true ? [task.id] : [])));
  // One branch called `feature` blocks the branches of all tasks, which is one finding.
  const findings = new Map<string, { existing: string; obstacle: Obstacle; branch: string; tasks: string[] }>();
  for (const { branch, task } of wanted) {
    for (const existing of facts.branches) {
      const obstacle = obstacleOf(branch, existing);
      if (obstacle === 'same' && task !== null && begun.has(task)) continue;
      if (obstacle === null || (obstacle === 'nested_but_for_case' && !facts.foldsCase)) continue;
      const key = `${obstacle} ${existing}`;
      const finding = findings.get(key) ?? { existing, obstacle, branch, tasks: [] };
      if (task !== null) finding.tasks.push(task);
      findings.set(key, finding);
    }
  }
  const again = startedAgain(plan, facts);
  const others = [...findings.values()].filter(({ tasks }) => !isOf(again, tasks));
  return [...(again === null ? [] : [again]), ...others.map((finding) => describe(plan, finding, facts))];
}

/** One finding for a completed run that is started again, instead of one per branch. */
function startedAgain(plan: Plan, { completedRun, earlierTasks, branches, occupied }: PreflightFacts): Check | null {
  if (completedRun === null || sourceOf(plan.source).again === 'as_new_attempts') return null;
  const inTheWay = selectedTasks(plan).filter(({ id, branch, worktree }) => {
    return earlierTasks.includes(id) && (branches.includes(branch) || occupied.some(({ path }) => path === worktree));
  });
  if (inTheWay.length === 0) return null;
  const { runId, landed, leftOut } = completedRun;
  const tasks = inTheWay.map(({ id }) => id);
  const cleanup = o8('cleanup', { run: runId });
  const rest = joined(
    leftOut.map((left) => text`\n${left.command}   (runs what it left out: ${left.tasks.join(', ')})`),
    '',
  );
  return landed
    ? fail(
        'branch-collision',
        `Run ${runId} completed and landed; clean it up to run it again`,
        text`${cleanup}${rest}`,
        tasks,
      )
    : fail(
        'branch-collision',
        `Run ${runId} completed and is not on ${plan.base.branch}; merge it, then clean it up to run it again`,
        text`${o8('merge', { run: runId })} && ${cleanup}${rest}`,
        tasks,
      );
}

function isOf(again: Check | null, tasks: readonly string[]): boolean {
  return again !== null && tasks.length > 0 && tasks.every((task) => again.tasks.includes(task));
}

function obstacleOf(wanted: string, existing: string): Obstacle | null {
  if (wanted === existing) return 'same';
  if (areNested(wanted, existing)) return 'nested';
  const [foldedWanted, foldedExisting] = [wanted.toLowerCase(), existing.toLowerCase()];
  if (foldedWanted === foldedExisting) return 'same_but_for_case';
  const folder = wanted.slice(0, wanted.lastIndexOf('/') + 1);
  const spelledOtherwise = foldedExisting.startsWith(folder.toLowerCase()) && !existing.startsWith(folder);
  return areNested(foldedWanted, foldedExisting) || spelledOtherwise ? 'nested_but_for_case' : null;
}

/** A ref is a file, so `feature/a` and `feature/a/b` cannot both exist. */
function areNested(a: string, b: string): boolean {
  return a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

function describe(
  plan: Plan,
  finding: { existing: string; obstacle: Obstacle; branch: string; tasks: readonly string[] },
  facts: PreflightFacts,
): Check {
  const { existing, obstacle, branch, tasks } = finding;
  const shown = printable(existing);
  const rename = (to: string): string => `git branch -m ${shellQuote(existing)} ${shellQuote(to)}`;
  switch (obstacle) {
    case 'same': {
      const own = tasks.some((task) => facts.earlierTasks.includes(task));
      return fail(
        'branch-collision',
        `Branch already exists: ${shown}`,
        sourceOf(plan.source).nameTaken(own, rename(`${existing}-old`)),
        tasks,
      );
    }
    case 'nested':
      return fail(
        'branch-collision',
        `Branch ${shown} conflicts with ${branch}: git cannot have both`,
        `Run '${rename(existing.startsWith(`${branch}/`) ? existing.replaceAll('/', '-') : `${existing}-old`)}'`,
        tasks,
      );
    case 'same_but_for_case':
    case 'nested_but_for_case': {
      const report = facts.foldsCase ? fail : warn;
      return report(
        'branch-collision',
        `Branch ${shown} differs from ${branch} only in upper and lower case: ${facts.foldsCase ? 'this file system cannot store both' : 'a clone on macOS or Windows cannot store both'}`,
        `Run '${rename(`${existing.toLowerCase()}-old`)}'`,
        tasks,
      );
    }
  }
}

function worktreeCollisions(plan: Plan, facts: PreflightFacts): Check[] {
  const source = sourceOf(plan.source);
  const again = startedAgain(plan, facts);
  return newTasks(plan, facts).flatMap((task) => {
    const occupied = facts.occupied.find(({ path }) => path === task.worktree);
    if (occupied === undefined || (task.begun === true && occupied.by === 'worktree')) return [];
    if (isOf(again, [task.id]) && occupied.by !== 'sibling') return [];
    const check = describePath(plan, task, occupied);
    const goesOn = source.again === 'as_new_attempts' && facts.earlierTasks.includes(task.id);
    return [goesOn ? { ...check, hint: source.nameTaken(true, '') } : check];
  });
}

function describePath(plan: Plan, task: PlannedTask, { by, owner = '' }: OccupiedPath): Check {
  const shown = relativePath(plan.root, task.worktree);
  const word = shellQuote(shown);
  switch (by) {
    case 'worktree':
      return fail(
        'worktree-collision',
        `Worktree already exists: ${shown}`,
        `Run 'git worktree remove ${word}' or use --force.`,
        [task.id],
      );
    case 'locked_worktree':
      return fail(
        'worktree-collision',
        `Worktree already exists: ${shown}`,
        `Run 'git worktree unlock ${word} && git worktree remove ${word}' or use --force.`,
        [task.id],
      );
    case 'sibling':
      // A separate check id, because --force must not move a worktree that another repository may be using.
      return fail(
        'worktree-place',
        `Worktree folder is used by another repository: ${shown} (${printable(owner)})`,
        text`Run '${otherPlace(plan)}'`,
        [task.id],
      );
    case 'other':
      return fail(
        'worktree-collision',
        `Path already exists and is not a worktree of this repository: ${shown}`,
        `Run 'mv ${word} ${shellQuote(`${shown}.old`)}' or use --force.`,
        [task.id],
      );
  }
}

/** The command that moves the worktrees of this clone to a folder named after it. */
function otherPlace({ root, source }: Plan): Command {
  const { setting, word } = sourceOf(source).worktrees;
  return o8('config set', [setting, `../${basename(root)}-${word}`]);
}

/** The tasks whose branch and worktree this run has to create. */
function newTasks(plan: Plan, facts: PreflightFacts): PlannedTask[] {
  const again = facts.newAttempts.map(({ task }) => task);
  return selectedTasks(plan).filter(({ id }) => !facts.continuedTasks.includes(id) && !again.includes(id));
}
