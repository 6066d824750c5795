/**
 * `NAME=value` in the environment of a run's checks and notifications, to find those still running after their owner
 * was killed.
 */
export function commandOfRun(runId: string): { readonly name: string; readonly marker: string } {
  return { name: NAME, marker: `${NAME}=${runId}` };
}

const NAME = 'O8_COMMAND_OF';
