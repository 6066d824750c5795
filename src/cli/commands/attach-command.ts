import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import { taskOf, type TaskRecord } from '../../core/run/run-state.js';
import { shellQuote } from '../../core/text/shell-quote.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { runInForeground } from '../../process/programs/foreground.js';
import { ownReason } from '../../git/worktrees/own-worktree.js';
import { findProgram } from '../../process/programs/run-program.js';
import { requireRun, requireTask, type LoadedRun } from '../../tools/context/load-run.js';
import { refuseNested } from '../../tools/context/refuse-nested.js';
import { openContext } from '../../tools/context/repository-context.js';
import { refuseUntrustedRun } from '../../tools/context/run-trust.js';
import type { Cli } from '../context/cli-context.js';

/** `o8 attach <task>`: the task's Claude session in its worktree, for a person to look or go on. */
export function attachCommand({ terminal, context, exit }: Cli): Command {
  return new Command('attach')
    .description("Open a task's Claude session in its worktree, when its agent is not running")
    .argument('<task>', 'task id')
    .option('--run <id>', 'which run; default: the active one, else the newest')
    .action(async (name: string, flags: { run?: string }) => {
      refuseNested('attach', context);
      const { home } = await openContext(context);
      const run = await requireRun(home, flags.run);
      await refuseUntrustedRun(run.plan, context.env);
      const { sessionId, worktree } = sessionOf(run, requireTask(run.plan, name));
      const program = await findProgram('claude', context.env);
      if (program === null)
        throw new O8Error('refused', 'Claude CLI not found', 'Install Claude Code CLI: https://claude.ai/code');
      terminal.print(`Session ${sessionId} in ${relative(context.cwd, worktree) || '.'}`);
      const env = agentEnvironment(context.env, {});
      const code = await runInForeground([program, '--resume', sessionId], { cwd: worktree, env });
      if (code !== 0) exit.code = 1;
    });
}

function sessionOf(run: LoadedRun, task: string): { sessionId: string; worktree: string } {
  const { plan, state } = run;
  const record = taskOf(state, task);
  const worktree = plan.tasks.find(({ id }) => id === task)?.worktree ?? '';
  if (record.state.state === 'running') {
    throw new O8Error(
      'refused',
      `${task} is running: two at one session would write over each other`,
      `o8 logs ${task} --follow, or o8 abort --task ${task}, then the same command again`,
    );
  }
  if (isContinuedSoon(run, record)) {
    throw new O8Error(
      'refused',
      `${task} is about to be continued by o8: two at one session would write over each other`,
      'o8 pause, then the same command again, and o8 unpause at the end',
    );
  }
  if (!existsSync(worktree)) {
    if (record.worktree === 'present') {
      const branch = plan.tasks.find(({ id }) => id === task)?.branch ?? '';
      const again = `git worktree add -f -f ${shellQuote(worktree)} ${shellQuote(branch)}`;
      const lock = `git worktree lock --reason ${shellQuote(ownReason(plan.runId, `task ${task}`))} ${shellQuote(worktree)}`;
      throw new O8Error('refused', `the worktree of ${task} was deleted: ${worktree}`, `${again} && ${lock}`);
    }
    const why = record.worktree === 'removed' ? 'it was removed when the task was done' : 'it was not made yet';
    throw new O8Error('refused', `${task} has no worktree: ${why}`, `o8 logs ${task}`);
  }
  if (record.sessionId === null) {
    const why = plan.settings.agent.command === null ? 'it has not started' : 'its agent is not Claude';
    throw new O8Error('refused', `${task} has no Claude session: ${why}`, `cd ${shellQuote(worktree)}`);
  }
  return { sessionId: record.sessionId, worktree };
}

/** After a failure or a limit, while somebody alive works on the run and the user has not paused it. */
function isContinuedSoon({ state: { phase }, ownerAlive }: LoadedRun, { state: task }: TaskRecord): boolean {
  const waits = (task.state === 'queued' || task.state === 'worktree_created') && task.next.kind === 'continue';
  const pausedByUser = phase.kind === 'paused' && phase.until === null;
  return ownerAlive && waits && !pausedByUser;
}
