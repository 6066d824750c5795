import { joined, o8, type Command } from '../base/text.js';
import { O8Error } from '../base/errors.js';
import { isSettled } from './task-state.js';
import type { RunState } from './run-state.js';

/** An unfinished run, as shown in a list. `plan`: its folder or slugs, as typed on a command line. */
export interface OpenRun {
  readonly runId: string;
  readonly plan: string;
  readonly state: RunState;
  /** Its supervisor is running. */
  readonly alive: boolean;
}

export type Choice<T> =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly run: T; readonly others: readonly T[] }
  | { readonly kind: 'several'; readonly runs: readonly T[] };

/** The run that a command without a run id acts on: the active one, otherwise the only interrupted one. */
export function chooseOpenRun<T extends Pick<OpenRun, 'alive'>>(open: readonly T[]): Choice<T> {
  const run = open.find(({ alive }) => alive) ?? (open.length === 1 ? open[0] : undefined);
  if (run !== undefined) return { kind: 'one', run, others: open.filter((other) => other !== run) };
  return open.length === 0 ? { kind: 'none' } : { kind: 'several', runs: open };
}

/** The error if several runs are possible; `command` returns the command for one run. */
export function severalRunsError(runs: readonly OpenRun[], command: (runId: string) => Command): O8Error {
  const lines = runs.map((run) => `  ${run.runId}  ${run.plan} (${countsText(run.state)})`);
  const message = `${String(runs.length)} runs are interrupted; name the one you mean:\n${lines.join('\n')}`;
  return new O8Error(
    'usage',
    message,
    joined(
      runs.map(({ runId }) => command(runId)),
      '\n  ',
    ),
  );
}

/** `1 complete, 2 running`: the number of tasks in each state, in the plan's order. */
export function countsText(state: RunState): string {
  const counts = new Map<string, number>();
  for (const { state: task } of state.tasks.values()) counts.set(task.state, (counts.get(task.state) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${String(count)} ${name}`).join(', ');
}

/** What `--resume` has to do: nothing, continue the run, or also continue what an abort stopped. */
export function resumption({ phase, tasks, stoppedByUser }: RunState): 'nothing' | 'continue' | 'continue_stopped' {
  const all = [...tasks.values()].map(({ state }) => state.state);
  switch (phase.kind) {
    case 'running':
    case 'paused':
      return 'continue';
    case 'aborting':
      return 'continue_stopped';
    case 'finished': {
      const waits = stoppedByUser && all.includes('merge_pending');
      return all.includes('aborted') || waits ? 'continue_stopped' : 'nothing';
    }
  }
}

/** Tasks that have no branch and worktree yet and get them when the run continues. */
export function tasksToPrepare({ tasks }: RunState): string[] {
  return [...tasks.values()].filter(({ state, start }) => start === null && !isSettled(state)).map(({ id }) => id);
}

export function resumeCommand(runId: string): Command {
  return o8('run', { resume: true, run: runId });
}

/** Agents that are running although the supervisor of their run is not. */
export interface Orphans {
  readonly runId: string;
  readonly agents: readonly { readonly task: string; readonly pid: number }[];
}

export function orphansText({ runId, agents }: Orphans): string {
  const list = agents.map(({ task, pid }) => `${task} (PID: ${String(pid)})`).join(', ');
  return `Agents of the interrupted run ${runId} are still running: ${list}`;
}
