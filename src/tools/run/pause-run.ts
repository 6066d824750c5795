import { randomUUID } from 'node:crypto';
import { O8Error } from '../../core/base/errors.js';
import type { PauseResult } from '../../core/run/request-results.js';
import { resumeCommand } from '../../core/run/open-runs.js';
import { taskOf } from '../../core/run/run-state.js';
import type { RunHome } from '../../store/files/paths.js';
import { NOTHING_RUNNING } from '../context/nothing-running.js';
import { askSupervisor } from './ask-supervisor.js';
import type { ToolContext } from '../context/define-tool.js';
import { findRun, loadRun, type LoadedRun } from '../context/load-run.js';
import type { SpawnInput, SpawnResult } from './spawn-input.js';
import { refuseUntrustedRun } from '../context/run-trust.js';

/** `let_finish`: no new agents; `now`: also stop those that run, to be continued later; `off`: go on. */
export type Pause = 'let_finish' | 'now' | 'off';

/** Pauses a run or ends its pause. Returns when that is so: with `now` no agent is left. O8Error `usage`, `no_run`. */
export async function pauseRun(
  pause: Pause,
  home: RunHome,
  input: SpawnInput,
  { env }: ToolContext,
): Promise<SpawnResult> {
  const extra = Object.entries(input).flatMap(([key, value]) =>
    value === undefined || key === 'pause' || key === 'runId' ? [] : [key],
  );
  if (extra.length > 0) {
    const message = `pause is about a run there is, so it takes runId only, not ${extra.join(', ')}.`;
    throw new O8Error('usage', message, `o8 ${pause === 'off' ? 'unpause' : 'pause'}`);
  }
  const found = await findRun(home, input.runId);
  if (found === null) return { message: NOTHING_RUNNING, tasks: [] };
  const run = await loadRun(home, found);
  if (run.state.phase.kind === 'finished') return { runId: found, message: NOTHING_RUNNING, tasks: [] };
  // A pause that outlived its supervisor is ended like any other: the next supervisor starts and goes on.
  const goesOnAlone = pause === 'off' && run.state.phase.kind === 'paused';
  if (!run.ownerAlive && !goesOnAlone) return { runId: found, message: interruptedText(pause, found), tasks: [] };
  if (pause === 'off') await refuseUntrustedRun(run.plan, env);
  const id = randomUUID();
  const result = await askSupervisor(
    home,
    found,
    pause === 'off' ? { kind: 'unpause', id } : { kind: 'pause', id, agents: pause === 'now' ? 'stop' : 'let_finish' },
    env,
  );
  return { runId: found, message: messageOf(result), tasks: tasksOf(await loadRun(home, found), result) };
}

function interruptedText(pause: Pause, runId: string): string {
  return pause === 'off'
    ? `Run ${runId} is not paused but interrupted. Continue it with: ${resumeCommand(runId)}`
    : `Run ${runId} is interrupted: no agents are started for it. Stop those that may still run with: o8 abort --run ${runId}`;
}

function messageOf(result: PauseResult): string {
  switch (result.kind) {
    case 'not_running':
      return NOTHING_RUNNING;
    case 'not_paused':
      return 'The run is not paused.';
    case 'resumed':
      return 'The run goes on.';
    case 'paused':
      return ['Paused: no new agents start.', ...finishing(result.running), ...stopped(result.stopped), GO_ON].join(
        ' ',
      );
  }
}

const GO_ON = 'Go on with: o8 unpause';

function finishing(tasks: readonly string[]): string[] {
  return tasks.length === 0 ? [] : [`Still running, to be finished and merged: ${tasks.join(', ')}.`];
}

function stopped(tasks: readonly string[]): string[] {
  return tasks.length === 0 ? [] : [`Stopped, to be continued: ${tasks.join(', ')}.`];
}

/** The tasks whose agents the pause is about. */
function tasksOf({ plan, state }: LoadedRun, result: PauseResult): SpawnResult['tasks'] {
  const concerned = result.kind === 'paused' ? [...result.running, ...result.stopped] : [];
  return plan.tasks
    .filter(({ id }) => concerned.includes(id))
    .map(({ id, wave, branch, worktree }) => ({ id, wave, state: taskOf(state, id).state.state, branch, worktree }));
}
