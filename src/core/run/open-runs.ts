import { joined, o8, type Command } from '../base/text.js';
import { O8Error } from '../base/errors.js';
import { isSettled } from './task-state.js';
import type { RunState } from './run-state.js';

/** A run that is not over, as a list of them names it. `plan`: its folder or its slugs, as a command line has them. */
export interface OpenRun {
  readonly runId: string;
  readonly plan: string;
  readonly state: RunState;
  /** A supervisor owns it. */
  readonly alive: boolean;
}

export type Choice<T> =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly run: T; readonly others: readonly T[] }
  | { readonly kind: 'several'; readonly runs: readonly T[] };

/** The run a command without a run id means: the one that is alive, else the only one that is interrupted. */
export function chooseOpenRun<T extends Pick<OpenRun, 'alive'>>(open: readonly T[]): Choice<T> {
  const run = open.find(({ alive }) => alive) ?? (open.length === 1 ? open[0] : undefined);
  if (run !== undefined) return { kind: 'one', run, others: open.filter((other) => other !== run) };
  return open.length === 0 ? { kind: 'none' } : { kind: 'several', runs: open };
}

/** What to say where several are meant; `command` is the one for a run. */
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

/** `1 complete, 2 running`: the tasks of a run by state, in the order in which they come. */
export function countsText(state: RunState): string {
  const counts = new Map<string, number>();
  for (const { state: task } of state.tasks.values()) counts.set(task.state, (counts.get(task.state) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${String(count)} ${name}`).join(', ');
}

/** What `--resume` finds in a run: nothing to do; to go on as it is; or also to take up what an abort stopped. */
export function resumption({ phase, tasks, stoppedByUser }: RunState): 'nothing' | 'go_on' | 'take_up' {
  const all = [...tasks.values()].map(({ state }) => state.state);
  switch (phase.kind) {
    case 'running':
    case 'paused':
      return 'go_on';
    case 'aborting':
      return 'take_up';
    case 'finished': {
      const waits = stoppedByUser && all.includes('merge_pending');
      return all.includes('aborted') || waits ? 'take_up' : 'nothing';
    }
  }
}

/** The tasks that have no branch and worktree yet and will get them when the run goes on. */
export function tasksToPrepare({ tasks }: RunState): string[] {
  return [...tasks.values()].filter(({ state, start }) => start === null && !isSettled(state)).map(({ id }) => id);
}

export function resumeCommand(runId: string): Command {
  return o8('run', { resume: true, run: runId });
}

/** Agents that live although the supervisor of their run is dead. */
export interface Orphans {
  readonly runId: string;
  readonly agents: readonly { readonly task: string; readonly pid: number }[];
}

export function orphansText({ runId, agents }: Orphans): string {
  const list = agents.map(({ task, pid }) => `${task} (PID: ${String(pid)})`).join(', ');
  return `Agents of the interrupted run ${runId} are still running: ${list}`;
}
