import { endKept } from '../../process/trees/end-kept.js';
import {
  runShellCommand,
  shellCommandMarker,
  type ProgramOptions,
  type ProgramResult,
} from '../../process/programs/run-program.js';
import {
  forgetSetupProcesses,
  hasSetupProcesses,
  readSetupProcesses,
  writeSetupProcesses,
  type SetupOf,
} from '../../store/runs/setup-processes.js';
import type { Run } from './run.js';
import { noteLeftovers } from './note-leftovers.js';

/*
 * A database that `setup` starts is there for the whole task: its attempts, and until its work is merged. What is
 * known of such processes is in a file, so that the next owner of the run ends them, too.
 */

function setupOf({ plan, home }: Run, task: string): SetupOf {
  return { home, runId: plan.runId, task };
}

/** Runs `setup` for a task and lets what it leaves running live; what an earlier one left is ended first. */
export async function runSetupCommand(
  run: Run,
  task: string,
  command: string,
  options: ProgramOptions & { readonly logFile: string },
): Promise<ProgramResult> {
  await endProcessesOf(run, task);
  const marker = shellCommandMarker(command, options.logFile);
  await writeSetupProcesses(setupOf(run, task), { marker, seen: [] });
  const result = await runShellCommand(command, { ...options, leftovers: 'keep' });
  if (result.kept.length === 0) await forgetSetupProcesses(setupOf(run, task));
  else await writeSetupProcesses(setupOf(run, task), { marker, seen: [...result.kept] });
  return result;
}

/** The task is over: ends what its `setup` left running, and notes what that was. */
export async function endSetupProcesses(run: Run, task: string): Promise<void> {
  await noteLeftovers(run, task, 'setup', await endProcessesOf(run, task));
}

/** Tasks whose `setup` may have left something running. */
export function tasksWithSetupProcesses(run: Run): ReadonlySet<string> {
  return new Set(
    run.plan.tasks.flatMap(({ id, setup }) => (setup !== null && hasSetupProcesses(setupOf(run, id)) ? [id] : [])),
  );
}

async function endProcessesOf(run: Run, task: string): Promise<string[]> {
  if (!hasSetupProcesses(setupOf(run, task))) return [];
  const kept = await readSetupProcesses(setupOf(run, task));
  const ended = kept === null ? [] : await endKept(kept, run.plan.settings.killAfter * 1000);
  await forgetSetupProcesses(setupOf(run, task));
  return ended;
}
