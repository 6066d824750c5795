import type { Unspelled } from '../../core/text/spelling.js';
import * as z from 'zod';
import { mergeOrders, type ExpectedConflict } from '../../core/merge/conflict-prediction.js';
import { heldOf, heldView, undecided, type HeldFacts } from '../../core/held/finding.js';
import { takenBackText } from '../../core/merge/landings.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { MOST_FILES } from '../../core/report/status-view.js';
import { taskOf, type TaskRecord } from '../../core/run/run-state.js';
import { naturalMergeOrder, unmergedTasks } from '../../core/merge/unmerged-tasks.js';
import { predictHeld } from '../../git/findings/find-held.js';
import { mergedCommit } from '../../core/run/task-state.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { takenBackNow } from '../../git/refs/standing-reverts.js';
import { compareWork, conflictsAnswer, expectedConflictsShape, type UnmergedWork } from './expected-conflicts.js';
import type { LoadedRun } from '../context/run-files.js';
import type { mergeTaskSchema } from './merge-task.js';
import { predictLanding, type PredictedLanding } from './predict-landing.js';
import { findWork, unmergedWork, type TaskWork } from './unmerged-work.js';
import { targetName, targetOf } from '../../core/plan/target.js';

/** The fields of `merge` that only a prediction has. */
export const predictionShape = {
  ...expectedConflictsShape,
  order: z.array(z.string()).optional().describe('merge order with fewer conflicts than the current one'),
};

type TaskPrediction = Unspelled<z.input<typeof mergeTaskSchema>>;
type Prediction = Unspelled<z.input<z.ZodObject<typeof predictionShape>>> & {
  tasks: TaskPrediction[];
  landing: PredictedLanding;
};

const MOST_COMPARED = 100; // 4,950 pairs take one to two seconds

/**
 * Predicts the merge of each task's branch into the target, and which branches conflict with each other.
 * `uncommitted`: includes uncommitted changes of the worktrees. Changes nothing.
 */
export async function predictMerges(
  repo: Repository,
  run: LoadedRun,
  { only, uncommitted }: { only: string | null; uncommitted: boolean },
): Promise<Prediction> {
  const { plan, state } = run;
  const takenBack = await takenBackNow(repo, plan, state);
  const landing = await predictLanding(repo, run, takenBack);
  const shown = plan.tasks.filter(({ id }) => only === null || id === only);
  const target = await resolveCommit(repo, targetOf(plan).ref);
  if (target === null) {
    const tasks = shown.map(({ id }) => {
      const { state: task } = taskOf(state, id).state;
      const gone = `${nameOf(run)} is gone`;
      if (task !== 'complete') return { id, state: task, message: `cannot be merged: ${gone}` };
      const where = landing.kind === 'nothing' ? `already on ${plan.base.branch}` : `was merged, but ${gone}`;
      return { id, state: task, message: where };
    });
    return { tasks, landing };
  }
  const candidates = unmergedTasks(plan, state);
  const found = await findWork(repo, candidates, { target, uncommitted });
  const work = candidates.flatMap(({ id }) => unmergedWork(id, found.get(id)));
  const compared = await compareWork(repo, work, { target, mostCompared: MOST_COMPARED });
  const conflicts = compared.conflicts.filter(({ tasks }) => only === null || tasks.some((id) => id === only));
  const held = await findHeldWork(repo, run, { shown, work, target, conflicts, unrelated: compared.unrelated });
  const missing = landing.kind === 'held' ? await notIn(repo, run, target) : [];
  const tasks = shown.map(({ id }): TaskPrediction => {
    const record = taskOf(state, id);
    const view = { id, state: record.state.state };
    if (missing.includes(id)) return { ...view, message: `no longer in ${nameOf(run)}` };
    const files = conflicts.find(({ tasks: [one, other] }) => one === id && other === undefined)?.files;
    const leftOut = leftOutOf(found.get(id));
    const off = takenBack.find(({ task }) => task === id);
    if (off !== undefined) return { ...view, message: takenBackText(plan.base.branch, off) };
    if (compared.unrelated.has(id)) return { ...view, message: `shares no history with ${nameOf(run)}` };
    if (files !== undefined) return { ...view, message: `would conflict${leftOut}`, ...someFiles(files) };
    const needsDecision = held.get(id);
    if (needsDecision !== undefined) {
      return { ...view, message: `would be held: ${needsDecision.what}${leftOut}`, held: needsDecision };
    }
    return { ...view, message: `${prospect(record, found.get(id), nameOf(run))}${leftOut}` };
  });
  return {
    tasks,
    ...conflictsAnswer(conflicts, compared.incomplete),
    ...(only === null ? betterOrder(naturalMergeOrder(plan, state), work, compared.conflicts) : {}),
    landing,
  };
}

/** Findings that the user must accept, by task: for work that would merge without a conflict. */
async function findHeldWork(
  repo: Repository,
  { plan, state }: LoadedRun,
  o: {
    readonly shown: readonly PlannedTask[];
    readonly work: readonly UnmergedWork[];
    readonly target: string;
    readonly conflicts: readonly ExpectedConflict[];
    readonly unrelated: ReadonlySet<string>;
  },
): Promise<Map<string, HeldFacts>> {
  const inTheWay = new Set(o.conflicts.flatMap(({ tasks: [one, other] }) => (other === undefined ? [one] : [])));
  const views = new Map<string, HeldFacts>();
  for (const task of o.shown) {
    const tip = o.work.find(({ id }) => id === task.id)?.commit;
    if (tip === undefined || inTheWay.has(task.id) || o.unrelated.has(task.id)) continue;
    const findings = await predictHeld({ repo, plan }, task, { target: o.target, tip });
    const open = undecided(findings, tip, taskOf(state, task.id).accepted);
    if (open.length > 0) views.set(task.id, heldView(plan.runId, task.id, heldOf(tip, open)));
  }
  return views;
}

/** The tasks whose merged work the target no longer contains, because the branch was moved. */
async function notIn(repo: Repository, { plan, state }: LoadedRun, target: string): Promise<string[]> {
  const missing: string[] = [];
  for (const { id } of plan.tasks) {
    const merged = mergedCommit(taskOf(state, id).state);
    if (merged !== null && !(await isAncestor(repo, merged, target))) missing.push(id);
  }
  return missing;
}

/** The same number of files as in `status`. */
function someFiles(files: readonly string[]): Pick<TaskPrediction, 'files' | 'moreFiles'> {
  const more = files.length - MOST_FILES;
  return { files: files.slice(0, MOST_FILES), ...(more > 0 ? { moreFiles: more } : {}) };
}

function nameOf({ plan }: LoadedRun): string {
  return targetName(targetOf(plan));
}

/** The prediction for a branch without conflicts or findings. */
function prospect({ state }: TaskRecord, work: TaskWork | undefined, target: string): string {
  if (state.state === 'complete') return `already in ${target}`;
  if (work === undefined) return 'would not be merged'; // failed, aborted or left out
  switch (work.kind) {
    case 'no_branch':
      return 'has no branch yet';
    case 'nothing':
      return `already contained in ${target}`;
    case 'unmerged':
      return 'would merge';
  }
}

function leftOutOf(work: TaskWork | undefined): string {
  if (work === undefined || work.kind === 'no_branch' || work.leftOut === null) return '';
  return `, without uncommitted changes: ${work.leftOut}`;
}

function betterOrder(
  candidates: readonly PlannedTask[],
  work: readonly UnmergedWork[],
  conflicts: readonly ExpectedConflict[],
): { order?: string[] } {
  const compared = new Set(work.map(({ id }) => id));
  const { natural, suggested } = mergeOrders(
    candidates.filter(({ id }) => compared.has(id)),
    conflicts,
  );
  return suggested === natural ? {} : { order: [...suggested.order] };
}
