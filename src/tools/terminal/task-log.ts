import type { RunFlag } from '../../core/run/run-flag.js';
import { inTerminal, o8 } from '../../core/base/text.js';
import { RunFiles } from '../context/run-files.js';
import { O8Error } from '../../core/base/errors.js';
import { taskLogView } from '../../core/agents/readable-log.js';
import { failedValidations, validationLines } from '../../core/run/failed-validations.js';
import { taskOf, type RunState } from '../../core/run/run-state.js';
import { LogReader } from '../../store/logs/log-reader.js';
import { attemptPaths, runPaths, type RunHome } from '../../store/files/paths.js';
import { requireRun, requireTask } from '../context/load-run.js';

/** The log of one attempt of a task. */
export interface TaskLog {
  readonly runId: string;
  readonly task: string;
  readonly attempt: number;
  readonly path: string;
  /** Starts at the first line. Lines are untrusted agent output: secrets are redacted, terminal escapes are not. */
  readonly reader: LogReader;
  /** Why there cannot be a log: the task has not started. */
  readonly notStarted: string | null;
}

export interface WantedLog {
  /** Default: the active run, else the newest. */
  readonly runId?: string | undefined;
  /** Id or stem. */
  readonly task: string;
  /** Default: the last one. */
  readonly attempt?: number | undefined;
  /** `raw`: as the agent wrote them; `readable`: formatted. */
  readonly lines: 'readable' | 'raw';
}

/** Throws O8Error `no_run`, `unknown_task`, or `usage` for an attempt that does not exist. */
export async function openTaskLog(home: RunHome, wanted: WantedLog): Promise<TaskLog> {
  const { plan, state } = await requireRun(home, wanted.runId);
  const task = requireTask(plan, wanted.task);
  const { attempt: last, state: now } = taskOf(state, task);
  if (wanted.attempt !== undefined && (wanted.attempt < 1 || wanted.attempt > last)) {
    const had = last === 0 ? 'no attempt yet' : `attempts 1 to ${String(last)}`;
    throw new O8Error(
      'usage',
      `${task} has ${had}, not ${String(wanted.attempt)}.`,
      o8('logs', [task], { run: plan.runId }),
    );
  }
  const attempt = wanted.attempt ?? Math.max(1, last);
  const setupFailed = last === 0 && now.state === 'failed' && now.reason === 'setup_failed';
  const path = setupFailed
    ? runPaths(home, plan.runId).setupLog(task)
    : attemptPaths(home, plan.runId, task, attempt).log;
  const notStarted = last === 0 ? whyNotStarted(task, state, await new RunFiles(home).flagOf(plan.runId)) : null;
  return {
    runId: plan.runId,
    task,
    attempt,
    path,
    reader: new LogReader(path, wanted.lines === 'raw' || setupFailed ? undefined : taskLogView(plan, task)),
    notStarted,
  };
}

/** Why a task has no log, with the reason of what blocks it. */
function whyNotStarted(task: string, state: RunState, flag: RunFlag): string {
  const { state: now } = taskOf(state, task);
  switch (now.state) {
    case 'failed':
      return `${task} failed before its agent started: ${now.reason}: ${now.message}`;
    case 'blocked': {
      const waves = failedValidations(state).filter(({ wave }) => now.by.includes(`wave ${String(wave)}`));
      return [
        `${task} has not started: it is blocked by ${now.by.join(', ')}.`,
        ...waves.flatMap((each) => validationLines(each, flag)).map(inTerminal),
      ].join('\n');
    }
    default:
      return `${task} has not started yet: it is ${now.state}.`;
  }
}
