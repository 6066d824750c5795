import { taskView, type LiveFigures, type TaskView } from '../../../src/core/report/status-view.js';
import type { WavePlan } from '../../../src/core/report/progress.js';
import type { RunHistory } from './run-history.js';

/** Every task of a run as `status` shows it, by id. */
export function viewsOf(run: RunHistory, live: LiveFigures | null = null): Map<string, TaskView> {
  return new Map(
    run.plan.tasks.map((task) => [task.id, taskView(run.plan, task, run.task(task.id), live, `/logs/${task.id}.log`)]),
  );
}

export function wavesOf({ plan }: RunHistory): WavePlan[] {
  return plan.waves.map(({ number, tasks }) => ({ wave: number, tasks }));
}
