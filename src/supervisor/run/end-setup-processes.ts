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
 * A process that `setup` starts, such as a database, is needed for the whole task: for its attempts, and until its work
 * is merged. These processes are listed in a file, so that the next supervisor of the run can end them too.
 */

function setupOf({ plan, home }: Run, task: string): SetupOf {
  return { home, runId: plan.runId, task };
}

/** Runs `setup` for a task. Processes that it leaves running continue; those of an earlier `setup` are ended first. */
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

/** Ends processes that the `setup` of a finished task left running, and notes their command lines. */
export async function endSetupProcesses(run: Run, task: string): Promise<void> {
  await noteLeftovers(run, task, 'setup', await endProcessesOf(run, task));
}

/** Tasks whose `setup` may have left processes running. */
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
