import { inTerminal } from '../../core/base/text.js';
import { resumeCommand } from '../../core/run/open-runs.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '../../core/base/process-identity.js';
import { taskOf } from '../../core/run/run-state.js';
import { isSettled } from '../../core/run/task-state.js';
import { processProbe } from '../../process/trees/identify-process.js';
import type { LogReader } from '../../store/logs/log-reader.js';
import { attemptPaths, type RunHome } from '../../store/files/paths.js';
import { RunFiles, type LoadedRun } from '../../tools/context/run-files.js';
import type { Cli } from '../context/cli-context.js';
import { outputLines, stdoutDrained, type Terminal } from '../context/terminal.js';

/** The supervisor copies the agents' output once a second; looking more often would find nothing new. */
const LOOK_MS = 500;

export interface FollowedTask {
  readonly home: RunHome;
  readonly runId: string;
  readonly task: string;
  /** The attempt whose log is being read. */
  readonly attempt: number;
  /** Stop after this attempt, or follow retries until the task ends. */
  readonly until: 'task' | 'attempt';
}

/** Prints untrusted lines without their terminal escapes; resolves when they have been written. */
export async function printLines(terminal: Terminal, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  terminal.print(lines.map(outputLines).join('\n'));
  await stdoutDrained();
}

/** Prints new lines of a task's log, attempt after attempt. Exit code 1 when the run is interrupted. */
export async function followTaskLog(cli: Cli, followed: FollowedTask, first: LogReader): Promise<void> {
  const { home, runId, task } = followed;
  let { attempt } = followed;
  let reader = first;
  const files = new RunFiles(home);
  for (;;) {
    files.lookAgain();
    const run = await files.load(runId); // before the log: if the task has ended by now, the log below is complete
    await printRest(cli.terminal, reader);
    const record = taskOf(run.state, task);
    if (followed.until === 'task' && record.attempt > attempt) {
      attempt += 1;
      reader = reader.of(attemptPaths(home, runId, task, attempt).log);
      cli.terminal.print(`--- attempt ${String(attempt)} ---`);
      continue;
    }
    const attemptOver = record.attempt > attempt || record.endedAttempt >= attempt;
    if (isSettled(record.state) || (followed.until === 'attempt' && attemptOver)) return;
    if (hasNoOwner(cli, run)) return;
    await delay(LOOK_MS);
  }
}

/** Prints new lines of the supervisor's log until its process ends: it still writes after it released the run. */
export async function followSupervisorLog(
  cli: Cli,
  { home, runId }: { readonly home: RunHome; readonly runId: string },
  reader: LogReader,
): Promise<void> {
  let owner: ProcessIdentity | null = null;
  const files = new RunFiles(home);
  for (;;) {
    files.lookAgain();
    const lock = await files.lock();
    if (lock.kind === 'held' && lock.holder.runId === runId) owner = lock.holder.process;
    const run = await files.load(runId);
    const isAlive = owner !== null && (await processProbe.check(owner)) === 'alive';
    await printRest(cli.terminal, reader);
    if (!isAlive && hasNoOwner(cli, run)) return;
    await delay(LOOK_MS);
  }
}

async function printRest(terminal: Terminal, reader: LogReader): Promise<void> {
  for (;;) {
    const lines = await reader.next();
    if (lines.length === 0) return;
    await printLines(terminal, lines);
  }
}

function hasNoOwner({ terminal, exit }: Cli, { plan, state, ownerAlive }: LoadedRun): boolean {
  if (ownerAlive) return false;
  if (state.phase.kind !== 'finished') {
    terminal.warn(
      `Run ${plan.runId} is interrupted: its supervisor is not running.\n  ${inTerminal(resumeCommand(plan.runId))}`,
    );
    exit.code = 1;
  }
  return true;
}
