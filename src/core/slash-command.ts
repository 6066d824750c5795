const COMMAND = /\bo8 (run|merge|status|abort|cleanup|integrate)\b(?: --run ([\w.-]+))?/g;
const WAVE_LOGS = /\bo8 logs --wave \d+/g;
const LOGS = /\bo8 logs ([\w.-]+)(?: --verify)?/g;

/** A hint for the terminal as the plugin's user says it: there the program is not on the PATH, and a run is named bare. */
export function asSlashCommand(hint: string): string {
  return hint
    .replace(COMMAND, (_, name: string, runId?: string) => `/parallel-${name}${runId === undefined ? '' : ` ${runId}`}`)
    .replace(WAVE_LOGS, '/parallel-status')
    .replace(LOGS, '/parallel-status $1');
}
