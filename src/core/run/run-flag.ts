/** The flag of a command that says which run is meant. */
export interface RunFlag {
  readonly run?: string;
}

/**
 * The flag of a command about a run: without it the active or the newest run is meant, and that may be another one by the
 * time somebody types it. None where the repository has `only` this run.
 */
export function runFlag(runId: string, only: boolean): RunFlag {
  return only ? {} : { run: runId };
}
