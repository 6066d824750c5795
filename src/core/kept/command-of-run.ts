/**
 * `NAME=value` in the environment of a run's checks and notifications, to find those still running after their owner
 * was killed.
 */
export function commandOfRun(runId: string): { readonly name: string; readonly marker: string } {
  return { name: NAME, marker: `${NAME}=${runId}` };
}

const NAME = 'O8_COMMAND_OF';

/** The same for calls of other programs that change something for the run and end by themselves. */
export function callOfRun(runId: string): { readonly name: string; readonly marker: string } {
  return { name: 'O8_CALL_OF', marker: `O8_CALL_OF=${runId}` };
}
