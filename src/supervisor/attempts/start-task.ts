import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { agentCommand } from '../../core/agents/command/agent-command.js';
import { attemptPrompt } from '../../core/run/attempt-prompt.js';
import { attemptBudget } from '../../core/run/budget.js';
import { dollars } from '../../core/text/dollars.js';
import { claudeCommand } from '../../core/agents/claude/claude-command.js';
import { EMPTY_CLAUDE_STREAM, foldClaudeLine } from '../../core/agents/claude/claude-stream.js';
import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';
import { hasMarker } from './marker-file.js';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { WORKER_RULES } from '../../core/agents/agent-kinds.js';
import { SKILL_RULES, skillDuties, workerRules } from '../../core/agents/base/worker-rules.js';
import bundledRules from '../../../agents/worker.md';
import { readFilesAt } from '../../git/trust/committed-files.js';
import { startAttempt } from '../../process/attempts/attempt.js';
import { bundledProgram } from '../../process/base/bundle.js';
import { findProgram } from '../../process/programs/run-program.js';
import { foldAgentOutput } from '../../store/logs/agent-output.js';
import { readRegularFile, writeFileAtomically } from '../../store/files/atomic-file.js';
import { rm } from 'node:fs/promises';
import { agentEnvironmentOf } from '../run/agent-variables.js';
import { restoreWorktree } from './restore-worktree.js';
import { linkTaskLog } from '../run/keep-log-links.js';
import { attemptId, attemptOf, recordOf, type Run } from '../run/run.js';
import { rememberSurroundings } from './note-surroundings.js';
import { isStillAccepted } from '../run/run-consent.js';
import { projectSettingsOf } from '../run/project-settings.js';

/** Starts the next attempt of a task that has its worktree. Announced first, so that it can never be started twice. */
export async function startTask(run: Run, task: PlannedTask): Promise<void> {
  const record = recordOf(run, task.id);
  if (record.state.state !== 'worktree_created') return;
  const { next } = record.state;
  if (!(await isStillAccepted(run))) {
    const message = 'what the repository brings for it is no longer accepted (o8 trust), so its agent was not started';
    return run.ledger.record({ type: 'task_failed', task: task.id, reason: 'agent_error', message });
  }
  if (!(await restoreWorktree(run, task))) return;
  const attempt = record.attempt + 1;
  const id = attemptId(run, task.id, attempt);
  const budget = attemptBudget(run.plan, run.ledger.state, task);
  if (budget.kind === 'wait') return; // decide asks again when a running agent's reservation is free
  if (budget.kind === 'exhausted') {
    const message = `budget of ${dollars(budget.ofUsd)} for the ${budget.which} spent`;
    return run.ledger.record({ type: 'task_failed', task: task.id, reason: 'budget_exceeded', message });
  }
  const budgetUsd = budget.kind === 'limited' ? budget.usd : null;
  const isClaude = run.plan.settings.agent.command === null;
  const session = isClaude
    ? await sessionFor(run, task, next.kind === 'continue' ? record.sessionId : null, record.attempt)
    : null;
  const files = attemptOf(run, task.id, attempt);
  const [own] = await readFilesAt(run.repo, run.plan.base.commit, [WORKER_RULES]);
  const skill = task.promptKind === 'skill' ? skillDuties(run.plan.settings.skillFlags) : null;
  const rules = workerRules(own?.kind === 'file' ? own.text : null, bundledRules, skill);
  const told = session?.continues === true ? await earlierRules(run, task, record.attempt) : undefined;
  const prompt = attemptPrompt({
    task,
    next,
    sessionContinues: session?.continues ?? false,
    rules: isClaude ? null : [rules, ...(skill === null ? [] : [SKILL_RULES])].join('\n\n'),
    changedRules: told === undefined || told === rules ? null : rules,
  });
  await writeFileAtomically(files.prompt, prompt);
  await writeFileAtomically(join(files.dir, RULES_FILE), rules);
  const env = agentEnvironmentOf(run, task, { id, promptFile: files.prompt });
  const command = await commandOf(run, task, { session, budgetUsd, rules, prompt, promptFile: files.prompt, env });
  if (command instanceof O8Error) {
    return run.ledger.record({
      type: 'task_failed',
      task: task.id,
      reason: 'agent_error',
      message: `${command.message} (${command.hint})`,
    });
  }
  failpoint('marker.clear.before');
  if (hasMarker(task.worktree)) await rm(join(task.worktree, COMPLETION_MARKER), { force: true }); // an earlier attempt's word is not this one's
  failpoint('marker.clear.after');
  await linkTaskLog(run, task, attempt);
  await rememberSurroundings(run, task.id, attempt);
  await run.ledger.record({
    type: 'attempt_intended',
    task: task.id,
    attempt,
    attemptId: id,
    sessionId: session?.sessionId ?? null,
    budgetUsd,
  });
  run.lease.assertHeld();
  run.launched.add(id);
  await startAttempt({
    attemptId: id,
    dir: files.dir,
    argv: [...command.argv],
    cwd: task.worktree,
    env: { ...env, ...command.env },
    stdin: isClaude ? files.prompt : null,
    timeoutMs: task.timeoutMinutes * 60_000,
    killAfterMs: run.plan.settings.killAfter * 1000,
    onShimEnd: () => run.launched.delete(id),
  });
}

const RULES_FILE = 'rules.md';
const MOST_RULES_BYTES = 1024 * 1024;

/** What the last attempt that began was told; `undefined` where nothing says so, as with runs of earlier versions. */
async function earlierRules(run: Run, task: PlannedTask, lastAttempt: number): Promise<string | undefined> {
  for (let attempt = lastAttempt; attempt > 0; attempt -= 1) {
    const file = join(attemptOf(run, task.id, attempt).dir, RULES_FILE);
    const rules = await readRegularFile(file, MOST_RULES_BYTES);
    if (rules !== null) return rules;
  }
  return undefined;
}

interface Session {
  readonly sessionId: string;
  readonly continues: boolean;
}

/**
 * The earlier session where an agent had opened it; there is nothing to resume before its first event. Attempts that
 * were to go on with it and never began have no output.
 */
async function sessionFor(run: Run, task: PlannedTask, earlier: string | null, lastAttempt: number): Promise<Session> {
  const time = { now: run.now(), timeZone: 'UTC' };
  for (let attempt = lastAttempt; attempt > 0 && earlier !== null; attempt -= 1) {
    const stream = await foldAgentOutput(attemptOf(run, task.id, attempt).output, EMPTY_CLAUDE_STREAM, (value, line) =>
      foldClaudeLine(value, line, time),
    );
    const { sessionId } = stream.facts;
    if (sessionId === null) continue;
    if (attempt < lastAttempt && sessionId !== earlier) break; // of before the task was begun anew
    return { sessionId: earlier, continues: true };
  }
  return { sessionId: randomUUID(), continues: false };
}

interface Launch {
  readonly session: Session | null;
  readonly budgetUsd: number | null;
  readonly rules: string;
  readonly prompt: string;
  readonly promptFile: string;
  readonly env: Record<string, string>;
}

async function commandOf(
  run: Run,
  task: PlannedTask,
  { session, budgetUsd, rules, prompt, promptFile, env }: Launch,
): Promise<{ argv: readonly string[]; env: Readonly<Record<string, string>> } | O8Error> {
  const { settings } = run.plan;
  try {
    if (session === null) {
      const values = { prompt, promptFile, task: task.id, branch: task.branch, worktree: task.worktree };
      return { argv: agentCommand(settings.agent.command ?? [], values), env: {} };
    }
    const program = await findProgram('claude', env);
    if (program === null)
      return new O8Error('refused', 'Claude CLI not found', 'Install Claude Code CLI: https://claude.ai/code');
    return claudeCommand({
      program,
      task,
      settings,
      project: await projectSettingsOf(run, task),
      attempt: session,
      workerRules: rules,
      budgetUsd,
      guard: { node: process.execPath, program: bundledProgram('guard.js') },
    });
  } catch (error) {
    if (error instanceof O8Error) return error;
    throw error;
  }
}
