import { inTerminal, text } from '../../core/base/text.js';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Launch, AttemptLaunch } from '../../core/agents/base/agent.js';
import { taskAgent } from '../../core/agents/kinds.js';
import { attemptPrompt } from '../../core/run/attempt-prompt.js';
import { nextAttempt } from '../../core/run/rules/start.js';
import { COMPLETION_MARKER } from '../../core/plan/completion-marker.js';
import { hasMarker } from './marker-file.js';
import { O8Error } from '../../core/base/errors.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { WORKER_RULES } from '../../core/agents/trust-kinds.js';
import { SKILL_RULES, skillDuties, workerRules } from '../../core/agents/base/worker-rules.js';
import bundledRules from '../../../agents/worker.md';
import { readFilesAt } from '../../git/trust/committed-files.js';
import { bundledProgram } from '../../process/base/bundle.js';
import { agentProgram } from '../../process/programs/agent-program.js';
import { readRegularFile, writeFileAtomically } from '../../store/files/atomic-file.js';
import { rm } from 'node:fs/promises';
import { agentEnvironmentOf } from '../run/agent-variables.js';
import { restoreWorktree } from './restore-worktree.js';
import { factsOf } from './attempt-evidence.js';
import { linkTaskLog } from '../run/keep-log-links.js';
import { attemptId, attemptOf, recordOf, type Run } from '../run/run.js';
import { rememberSurroundings } from './note-surroundings.js';
import { isStillAccepted } from '../run/run-consent.js';
import { lockForAgent } from './worktree-lock.js';
import { projectSettingsOf } from '../run/project-settings.js';

/** Starts the next attempt of a task that has its worktree. It is announced first, so that it can never start twice. */
export async function startTask(run: Run, task: PlannedTask): Promise<void> {
  const record = recordOf(run, task.id);
  if (record.state.state !== 'worktree_created') return;
  const { next } = record.state;
  if (!(await isStillAccepted(run))) {
    const message = 'its agent was not started, because settings of the repository are no longer accepted';
    return run.ledger.record({ type: 'task_failed', task: task.id, reason: 'agent_error', message });
  }
  if (!(await restoreWorktree(run, task))) return;
  const start = nextAttempt(run.plan, run.ledger.state, task);
  if (start.kind === 'wait') return;
  if (start.kind === 'record') return run.ledger.record(start.event);
  const { attempt, budgetUsd } = start;
  const id = attemptId(run, task.id, attempt);
  const { agent } = taskAgent(run.plan.settings, task.agent);
  const session = await sessionFor(run, task, next.kind === 'continue' ? record.sessionId : null, record.attempt);
  const files = attemptOf(run, task.id, attempt);
  const [own] = await readFilesAt(run.repo, run.plan.base.commit, [WORKER_RULES]);
  const skill = task.promptKind === 'skill' ? skillDuties(run.plan.settings.skillFlags) : null;
  const forAll = workerRules(own?.kind === 'file' ? own.text : null, bundledRules, skill);
  const rules = [forAll, ...(agent.ownRules === null ? [] : [agent.ownRules])].join('\n\n');
  const told = session.continues ? await earlierRules(run, task, record.attempt) : undefined;
  const prompt = attemptPrompt({
    task,
    next,
    sessionContinues: session.continues,
    rules:
      agent.rulesIn === 'system_prompt' || session.continues
        ? null
        : [rules, ...(skill === null ? [] : [SKILL_RULES])].join('\n\n'),
    changedRules: told === undefined || told === rules ? null : rules,
  });
  await writeFileAtomically(files.prompt, prompt);
  await writeFileAtomically(join(files.dir, RULES_FILE), rules);
  const env = agentEnvironmentOf(run, task, { id, promptFile: files.prompt });
  const command = await launchOf(run, { task, session, budgetUsd, rules, prompt, promptFile: files.prompt }, env);
  if (command instanceof O8Error) {
    return run.ledger.record({
      type: 'task_failed',
      task: task.id,
      reason: 'agent_error',
      message: inTerminal(text`${command.said} (${command.hint})`),
    });
  }
  failpoint('marker.clear.before');
  if (hasMarker(task.worktree)) await rm(join(task.worktree, COMPLETION_MARKER), { force: true }); // an earlier attempt's marker says nothing about this one
  failpoint('marker.clear.after');
  await linkTaskLog(run, task, attempt);
  await rememberSurroundings(run, task.id, attempt);
  await lockForAgent(run, task);
  await run.ledger.record({
    type: 'attempt_intended',
    task: task.id,
    attempt,
    attemptId: id,
    sessionId: session.sessionId,
    budgetUsd,
  });
  run.lease.assertHeld();
  await run.place.start({
    attemptId: id,
    dir: files.dir,
    argv: command.argv,
    cwd: task.worktree,
    env: { ...env, ...command.env },
    stdin: agent.readsPrompt ? files.prompt : null,
    timeoutMs: task.timeoutMinutes * 60_000,
    killAfterMs: run.plan.settings.killAfter * 1000,
  });
}

const RULES_FILE = 'rules.md';
const MOST_RULES_BYTES = 1024 * 1024;

/** The rules given to the last attempt that started; `undefined` if unknown, as in runs of earlier versions. */
async function earlierRules(run: Run, task: PlannedTask, lastAttempt: number): Promise<string | undefined> {
  for (let attempt = lastAttempt; attempt > 0; attempt -= 1) {
    const file = join(attemptOf(run, task.id, attempt).dir, RULES_FILE);
    const rules = await readRegularFile(file, MOST_RULES_BYTES);
    if (rules !== null) return rules;
  }
  return undefined;
}

/**
 * The earlier session if an agent had opened it; before its first event there is nothing to resume. Attempts that were
 * to continue it but never started have no output.
 */
async function sessionFor(
  run: Run,
  task: PlannedTask,
  earlier: string | null,
  lastAttempt: number,
): Promise<AttemptLaunch['session']> {
  const { sessions } = taskAgent(run.plan.settings, task.agent).agent;
  for (let attempt = lastAttempt; attempt > 0 && earlier !== null && sessions !== 'none'; attempt -= 1) {
    const { sessionId } = await factsOf(run, task, attempt);
    if (sessionId === null) continue;
    if (attempt < lastAttempt && sessionId !== earlier) break; // from before the task started over
    return { sessionId: earlier, continues: true };
  }
  return { sessionId: sessions === 'chosen' ? randomUUID() : null, continues: false };
}

type Known = Pick<AttemptLaunch, 'task' | 'session' | 'budgetUsd' | 'rules' | 'prompt' | 'promptFile'>;

async function launchOf(run: Run, known: Known, env: Record<string, string>): Promise<Launch | O8Error> {
  const { agent, settings } = taskAgent(run.plan.settings, known.task.agent);
  try {
    return agent.launch({
      ...known,
      program: await agentProgram(agent, settings, env),
      settings: { ...run.plan.settings, agent: settings },
      project: await projectSettingsOf(run, known.task),
      node: process.execPath,
      guard: bundledProgram('guard.js'),
      gitFolder: run.repo.commonDir,
    });
  } catch (error) {
    if (error instanceof O8Error) return error;
    throw error;
  }
}
