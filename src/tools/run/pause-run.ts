import { joined, o8, text, type Command, type Text } from '../../core/base/text.js';
import { theOpenRun } from '../context/find-open-runs.js';
import { randomUUID } from 'node:crypto';
import { O8Error } from '../../core/base/errors.js';
import type { PauseResult } from '../../core/run/request-results.js';
import { resumeCommand } from '../../core/run/open-runs.js';
import { taskOf } from '../../core/run/run-state.js';
import type { RunHome } from '../../store/files/paths.js';
import { NOTHING_RUNNING } from '../context/nothing-running.js';
import { askSupervisor } from './ask-supervisor.js';
import type { ToolContext } from '../context/define-tool.js';
import { findRun } from '../context/load-run.js';
import { RunFiles, type LoadedRun } from '../context/run-files.js';
import type { SpawnInput, SpawnResult } from './spawn-input.js';
import { refuseUntrustedRun } from '../context/run-trust.js';

/** `let_finish`: start no new agents; `now`: also stop the running ones, to continue them later; `off`: end the pause. */
export type Pause = 'let_finish' | 'now' | 'off';

/** Pauses a run or ends its pause. With `now` it returns after the agents have ended. O8Error `usage`, `no_run`. */
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
    const message = `pause acts on an existing run; pass only runId, not ${extra.join(', ')}.`;
    throw new O8Error('usage', message, o8(pause === 'off' ? 'unpause' : 'pause'));
  }
  const run = await meantRun(pause, home, input.runId);
  if (run === null) return { message: NOTHING_RUNNING, tasks: [] };
  const found = run.plan.runId;
  if (run.state.phase.kind === 'finished') return { runId: found, message: NOTHING_RUNNING, tasks: [] };
  // Without a supervisor the pause can still be ended: one is started and continues the run.
  const goesOnAlone = pause === 'off' && run.state.phase.kind === 'paused';
  if (!run.ownerAlive && !goesOnAlone) return { runId: found, message: interruptedText(pause, found), tasks: [] };
  if (pause === 'off') await refuseUntrustedRun(run.plan, home, env);
  const id = randomUUID();
  const result = await askSupervisor(
    home,
    found,
    pause === 'off' ? { kind: 'unpause', id } : { kind: 'pause', id, agents: pause === 'now' ? 'stop' : 'let_finish' },
    env,
  );
  const files = new RunFiles(home);
  return {
    runId: found,
    message: messageOf(result, o8('unpause', await files.flagOf(found))),
    tasks: tasksOf(await files.load(found), result),
  };
}

/** The run with this id, else the unfinished one, else the newest; null when the repository has no run. */
async function meantRun(pause: Pause, home: RunHome, runId: string | undefined): Promise<LoadedRun | null> {
  const command = (id: string): Command =>
    pause === 'off' ? o8('unpause', { run: id }) : o8('pause', { now: pause === 'now', run: id });
  const files = new RunFiles(home);
  const open = runId === undefined ? await theOpenRun(files, command) : null;
  if (open?.kind === 'one') return open.run;
  const found = await findRun(files, runId);
  return found === null ? null : files.load(found);
}

function interruptedText(pause: Pause, runId: string): Text {
  return pause === 'off'
    ? text`Run ${runId} is not paused; it is interrupted. Continue it with: ${resumeCommand(runId)}`
    : text`Run ${runId} is interrupted: it starts no agents. To stop agents that may still be running: ${o8('abort', { run: runId })}`;
}

function messageOf(result: PauseResult, unpause: Command): Text {
  switch (result.kind) {
    case 'not_running':
      return NOTHING_RUNNING;
    case 'not_paused':
      return 'The run is not paused.';
    case 'resumed':
      return 'Run resumed.';
    case 'paused':
      return joined(
        [
          'Paused: no new agents start.',
          ...finishing(result.running),
          ...stopped(result.stopped),
          text`To continue: ${unpause}`,
        ],
        ' ',
      );
  }
}

function finishing(tasks: readonly string[]): string[] {
  return tasks.length === 0 ? [] : [`Still running, will finish and be merged: ${tasks.join(', ')}.`];
}

function stopped(tasks: readonly string[]): string[] {
  return tasks.length === 0 ? [] : [`Stopped, will be continued: ${tasks.join(', ')}.`];
}

/** The tasks whose agents the pause affects. */
function tasksOf({ plan, state }: LoadedRun, result: PauseResult): SpawnResult['tasks'] {
  const concerned = result.kind === 'paused' ? [...result.running, ...result.stopped] : [];
  return plan.tasks
    .filter(({ id }) => concerned.includes(id))
    .map(({ id, wave, branch, worktree }) => ({ id, wave, state: taskOf(state, id).state.state, branch, worktree }));
}
