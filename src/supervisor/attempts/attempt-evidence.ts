import type { AgentFacts } from '../../core/agents/base/agent-facts.js';
import { taskAgent } from '../../core/agents/kinds.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import type { AttemptExit, RunEvent } from '../../core/run/events.js';
import { dropRawOutput, foldAgentOutput } from '../../store/logs/agent-output.js';
import { errorText } from '../run/error-text.js';
import { attemptOf, placedAttempt, type Run } from '../run/run.js';

/** How the attempt ended; null if it is still running. An attempt that was never started is fenced first. */
export async function attemptExit(run: Run, task: string, attempt: number): Promise<AttemptExit | null> {
  const placed = placedAttempt(run, task, attempt);
  const status = await run.place.status(placed);
  switch (status.kind) {
    case 'ended':
      return status.exit;
    case 'lost':
    case 'void':
      return { kind: 'unknown' };
    case 'unclaimed':
      return (await run.place.fence(placed)) === 'voided' ? { kind: 'unknown' } : null;
    case 'starting':
    case 'running':
      return null;
  }
}

/** The facts in the complete output of an attempt. */
export async function factsOf(run: Run, task: PlannedTask, attempt: number): Promise<AgentFacts> {
  const { agent } = taskAgent(run.plan.settings, task.agent);
  const { output } = attemptOf(run, task.id, attempt);
  const time = { now: run.now(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  return (await foldAgentOutput(output, agent.output, (read, line) => read.add(line, time))).facts;
}

/** The tokens of this attempt only, even if the program reports those of the whole session. */
async function ownTokens(run: Run, task: PlannedTask, attempt: number, facts: AgentFacts): Promise<number> {
  if (taskAgent(run.plan.settings, task.agent).agent.tokensOf === 'process') return facts.tokens;
  let before = 0;
  for (let earlier = 1; earlier < attempt; earlier += 1) {
    const { sessionId, tokens } = await factsOf(run, task, earlier);
    if (sessionId === facts.sessionId) before = Math.max(before, tokens);
  }
  return Math.max(0, facts.tokens - before);
}

/** The facts in the complete output of an attempt, and its end event, with its cost and a session id if that is new. */
export async function endedEvent(
  run: Run,
  task: PlannedTask,
  attempt: number,
  exit: AttemptExit,
): Promise<{ facts: AgentFacts; event: RunEvent }> {
  const facts = await factsOf(run, task, attempt);
  const { costUsd, sessionId } = facts;
  const tokens = await ownTokens(run, task, attempt, facts);
  const isNews = taskAgent(run.plan.settings, task.agent).agent.sessions === 'told' && sessionId !== null;
  const named = isNews ? { sessionId } : {};
  return {
    facts,
    event: { type: 'attempt_ended', task: task.id, attempt, exit, costUsd: costUsd ?? 0, tokens, ...named },
  };
}

/**
 * The output of an ended attempt is in its log. Of the agent's raw output, only the events that name the session and
 * the result are kept.
 */
export async function storeOutputOnce(run: Run, { id, agent: name }: PlannedTask, attempt: number): Promise<void> {
  try {
    await dropRawOutput(attemptOf(run, id, attempt), taskAgent(run.plan.settings, name).agent.isKept);
  } catch (error) {
    run.log(`${id}: the raw output of attempt ${String(attempt)} is still there: ${errorText(error)}`);
  }
}

/** The exit code at the end of `pipeline.log`: for signals as in a shell, 124 for a timeout as in timeout(1). */
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
