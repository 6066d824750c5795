import {
  EMPTY_CLAUDE_STREAM,
  foldClaudeLine,
  isSessionEvent,
  type ClaudeFacts,
} from '../../core/agents/claude/claude-stream.js';
import type { AttemptExit } from '../../core/run/events.js';
import { readAttempt, voidAttempt } from '../../process/attempts/attempt.js';
import { dropRawOutput, foldAgentOutput } from '../../store/logs/agent-output.js';
import { errorText } from '../run/error-text.js';
import { attemptOf, type Run } from '../run/run.js';

/** Null while it is not over after all. What was never started is fenced first, so that it never will be. */
export async function attemptExit(dir: string): Promise<AttemptExit | null> {
  const status = await readAttempt(dir);
  switch (status.kind) {
    case 'ended':
      return status.exit;
    case 'lost':
    case 'void':
      return { kind: 'unknown' };
    case 'unclaimed':
      return (await voidAttempt(dir)) === 'voided' ? { kind: 'unknown' } : null;
    case 'starting':
    case 'running':
      return null;
  }
}

/** What an attempt's output says: Claude's facts (null for another program) and what it cost. */
export async function spentBy(
  run: Run,
  output: string,
): Promise<{ facts: ClaudeFacts | null; costUsd: number; tokens: number }> {
  if (run.plan.settings.agent.command !== null) return { facts: null, costUsd: 0, tokens: 0 };
  const time = { now: run.now(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  const stream = await foldAgentOutput(output, EMPTY_CLAUDE_STREAM, (value, line) => foldClaudeLine(value, line, time));
  const { facts } = stream;
  return { facts, costUsd: facts.costUsd ?? 0, tokens: facts.tokens };
}

/**
 * The output of an attempt that is over and judged is in its log; of the files the agent wrote itself only the events
 * stay that say which session it was and how it ended.
 */
export async function storeOutputOnce(run: Run, task: string, attempt: number): Promise<void> {
  try {
    await dropRawOutput(attemptOf(run, task, attempt), isSessionEvent);
  } catch (error) {
    run.log(`${task}: the raw output of attempt ${String(attempt)} is still there: ${errorText(error)}`);
  }
}

/** The number `pipeline.log` ends with: the shell's convention for signals, 124 for a timeout as timeout(1) has it. */
export function exitNumber(exit: AttemptExit): number {
  switch (exit.kind) {
    case 'exited':
      return exit.code;
    case 'signalled':
      return 128 + (SIGNAL_NUMBERS[exit.signal] ?? 0);
    case 'timed_out':
      return 124;
    case 'not_started':
      return 127;
    case 'unknown':
      return -1;
  }
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
