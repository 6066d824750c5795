import { decide, type Action, type AgentFact } from '../../../src/core/run/decide.js';
import { planOf } from './plan-fixture.js';
import { attemptEnded, RunHistory, taskDone } from './run-history.js';
import { GRAPH_SHAPES, lowerBound, timedGraph, type TimedTask } from './simulated-graph.js';

const SLOTS = [4, 8, 16];

/** Each shape with each number of slots: how long the rules take, over the lower bound. */
export function makespanRatios(seed: number, count: number): { shape: string; slots: number; ratio: number }[] {
  return GRAPH_SHAPES.flatMap((shape) => {
    const tasks = timedGraph(shape, count, seed);
    return SLOTS.map((slots) => ({ shape, slots, ratio: makespan(tasks, slots) / lowerBound(tasks, slots) }));
  });
}

/** Milliseconds that a run takes by `decide`, in which only agents take time and all succeed. */
function makespan(tasks: readonly TimedTask[], slots: number): number {
  const plan = planOf(tasks, { settings: { maxConcurrency: slots } });
  const history = new RunHistory(plan);
  history.record({ type: 'run_created', runId: plan.runId }, { type: 'target_created', ref: 'r', commit: 'base' });
  const ms = new Map(tasks.map((task) => [task.id, task.ms]));
  /** When each running agent ends. */
  const ends = new Map<string, number>();
  let now = 0;
  for (;;) {
    const actions = decide(plan, history.state, {
      now: new Date(now),
      busyTasks: new Set(),
      merging: false,
      mergesAtOnce: tasks.length,
      validating: false,
      agents: new Map([...ends].map(([id, end]): [string, AgentFact] => [id, end <= now ? { kind: 'over' } : WORKING])),
      withSetupProcesses: new Set(),
      untidy: new Set(),
      holdBack: null,
      moreTasks: false,
    });
    if (actions.some(({ kind }) => kind === 'finish')) return now;
    for (const action of actions) act(action);
    if (actions.length > 0) continue;
    now = Math.min(...ends.values());
    if (now === Infinity) throw new Error('nothing runs and nothing starts');
  }

  function act(action: Action): void {
    switch (action.kind) {
      case 'record':
        history.record(action.event);
        return;
      case 'prepare':
        history.lead(action.task, 'worktree_created');
        return;
      case 'start':
        history.record(
          { type: 'attempt_intended', task: action.task, attempt: 1, attemptId: 'a', sessionId: null, budgetUsd: null },
          { type: 'attempt_started', task: action.task, attempt: 1, pid: 1 },
        );
        ends.set(action.task, now + (ms.get(action.task) ?? 0));
        if (ends.size > slots) throw new Error(`${ends.size} agents in ${slots} slots`);
        return;
      case 'settle':
        ends.delete(action.task);
        history.record(attemptEnded(action.task), taskDone(action.task));
        return;
      case 'merge':
        for (const task of action.tasks) history.record({ type: 'task_merged', task, landed: `landed-${task}` });
        return;
      case 'tidy':
      case 'end_setup':
      case 'finish':
        return; // takes no slot
      case 'stop':
      case 'validate':
        throw new Error(`nothing asks for ${action.kind}`);
    }
  }
}

const WORKING: AgentFact = {
  kind: 'running',
  quietMs: 0,
  unattendedMs: null,
  finishedMs: null,
  unguarded: false,
  outputMB: 0,
};
