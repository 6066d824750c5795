/** The flag of a command that names the run. */
export interface RunFlag {
  readonly run?: string;
}

/**
 * The flag for a command about a run. Without it, a command acts on the active or newest run, which may be another one
 * by the time the command is typed. Empty if the repository has `only` this run.
 */
export function runFlag(runId: string, only: boolean): RunFlag {
  return only ? {} : { run: runId };
}
