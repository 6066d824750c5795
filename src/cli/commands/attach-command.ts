import { o8, text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import { taskAgent } from '../../core/agents/kinds.js';
import { taskOf, type TaskRecord } from '../../core/run/run-state.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { runInForeground } from '../../process/programs/foreground.js';
import { ownReason } from '../../git/worktrees/own-worktree.js';
import { agentProgram } from '../../process/programs/agent-program.js';
import { requireRun, requireTask } from '../../tools/context/load-run.js';
import type { LoadedRun } from '../../tools/context/run-files.js';
import { refuseNested } from '../../tools/context/refuse-nested.js';
import { openContext } from '../../tools/context/repository-context.js';
import { refuseUntrustedRun } from '../../tools/context/run-trust.js';
import type { Cli } from '../context/cli-context.js';

/** `o8 attach <task>`: opens the session of the task's agent in its worktree, for a person to read or continue. */
export function attachCommand({ terminal, context, exit }: Cli): Command {
  return new Command('attach')
    .description("Open the session of a task's agent in its worktree; the agent must not be running")
    .argument('<task>', 'task id')
    .option('--run <id>', 'run id; default: the active run, else the newest')
    .action(async (name: string, flags: { run?: string }) => {
      refuseNested('attach', context);
      const { home } = await openContext(context);
      const run = await requireRun(home, flags.run);
      await refuseUntrustedRun(run.plan, home, context.env);
      const { sessionId, worktree, open } = sessionOf(run, requireTask(run.plan, name));
      const program = await open.program(context.env);
      terminal.print(`Session ${sessionId} in ${relative(context.cwd, worktree) || '.'}`);
      const env = agentEnvironment(context.env, {});
      const code = await runInForeground([program, ...open.arguments], { cwd: worktree, env });
      if (code !== 0) exit.code = 1;
    });
}

interface Session {
  readonly sessionId: string;
  readonly worktree: string;
  readonly open: {
    readonly program: (env: NodeJS.ProcessEnv) => Promise<string>;
    readonly arguments: readonly string[];
  };
}

function sessionOf(run: LoadedRun, task: string): Session {
  const { plan, state } = run;
  const record = taskOf(state, task);
  const { runId } = plan;
  const worktree = plan.tasks.find(({ id }) => id === task)?.worktree ?? '';
  if (record.state.state === 'running') {
    throw new O8Error(
      'refused',
      `The session of ${task} is still running; two clients would overwrite each other.`,
      text`${o8('logs', [task], { follow: true, run: runId })}, or ${o8('abort', { run: runId, task })}, then the same command again`,
    );
  }
  if (isContinuedSoon(run, record)) {
    throw new O8Error(
      'refused',
      `o8 is about to continue the session of ${task}; two clients would overwrite each other.`,
      text`${o8('pause', { run: runId })}, then the same command again, and ${o8('unpause', { run: runId })} at the end`,
    );
  }
  if (!existsSync(worktree)) {
    if (record.worktree === 'present') {
      const branch = plan.tasks.find(({ id }) => id === task)?.branch ?? '';
      const again = `git worktree add -f -f ${shellQuote(worktree)} ${shellQuote(branch)}`;
      const lock = `git worktree lock --reason ${shellQuote(ownReason(plan.runId, `task ${task}`))} ${shellQuote(worktree)}`;
      throw new O8Error('refused', `The worktree of ${task} was deleted: ${worktree}.`, `${again} && ${lock}`);
    }
    const why = record.worktree === 'removed' ? 'it was removed when the task was complete' : 'it was not created yet';
    throw new O8Error('refused', `${task} has no worktree: ${why}.`, o8('logs', [task], { run: runId }));
  }
  const name = plan.tasks.find(({ id }) => id === task)?.agent ?? null;
  const { agent, settings } = taskAgent(plan.settings, name);
  const { sessionId } = record;
  if (sessionId === null || agent.attach === null) {
    const why =
      agent.attach === null ? 'sessions of its agent program cannot be opened' : 'its agent has not started one';
    throw new O8Error('refused', `${task} has no session to open: ${why}.`, `cd ${shellQuote(worktree)}`);
  }
  const program = (env: NodeJS.ProcessEnv): Promise<string> => agentProgram(agent, settings, env);
  return { sessionId, worktree, open: { program, arguments: agent.attach(sessionId) } };
}

/** Whether the supervisor will continue the session by itself: after a failure or a limit, unless the user paused the run. */
function isContinuedSoon({ state: { phase }, ownerAlive }: LoadedRun, { state: task }: TaskRecord): boolean {
  const waits = (task.state === 'queued' || task.state === 'worktree_created') && task.next.kind === 'continue';
  const pausedByUser = phase.kind === 'paused' && phase.until === null;
  return ownerAlive && waits && !pausedByUser;
}
