import type { Command } from 'commander';
import { changedFiles, showDiff } from '../../git/diff/diff.js';
import { requireRun, requireTask } from '../../tools/context/load-run.js';
import { openContext } from '../../tools/context/repository-context.js';
import { taskDiff } from '../../tools/terminal/task-diff.js';
import type { Cli } from '../context/cli-context.js';
import { toolCommand } from '../context/tool-command.js';

interface Flags {
  readonly run?: string;
  readonly stat?: boolean;
  readonly uncommitted?: boolean;
  readonly json?: boolean;
}

export function diffCommand(cli: Cli): Command {
  return toolCommand('diff', 'Show the changes of a task: those not merged yet, or those its merge made')
    .argument('<task>', 'task id')
    .option('--run <id>', 'run id; default: the active run, else the newest')
    .option('--stat', 'show only the changed files and line counts')
    .option('--uncommitted', 'include uncommitted changes of its worktree')
    .action(async (name: string, flags: Flags) => {
      await diff(cli, name, flags);
    });
}

async function diff({ terminal, context }: Cli, name: string, flags: Flags): Promise<void> {
  const { repo, home } = await openContext(context);
  const run = await requireRun(home, flags.run);
  const task = requireTask(run.plan, name);
  const { from, to } = await taskDiff(repo, run, task, { uncommitted: flags.uncommitted === true });
  if (flags.json !== true) {
    const reader = process.stdout.isTTY ? 'person' : 'plain';
    return showDiff(repo, { from, to, stat: flags.stat === true, reader });
  }
  const files = (await changedFiles(repo, from, to)).map(({ path, oldPath, status, added, deleted }) => ({
    path,
    ...(oldPath === null ? {} : { oldPath }),
    status,
    added,
    deleted,
  }));
  terminal.print(JSON.stringify({ runId: run.plan.runId, task, from, to, files }));
}
