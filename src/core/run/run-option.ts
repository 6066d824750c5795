/**
 * What stands behind a command about a run, as ` --run <id>`: without it the active or the newest run is meant, and that may
 * be another one by the time somebody types it. Empty where the repository has `only` this run.
 */
export function runOption(runId: string, only: boolean): string {
  return only ? '' : ` --run ${runId}`;
}
