const COMMAND =
  /\bo8 (?:parallel (?=status|abort|cleanup))?(run|spawn|merge|status|abort|cleanup|integrate)\b(?!-\w)(?: --run ([\w.-]+))?/g;
const LOGS = /\bo8 logs(?: --run)? ([\w][\w.-]*)(?: --verify)?(?: --run ([\w.-]+))?/g;
const WAVE_LOGS = /\bo8 logs --wave \d+(?: --run ([\w.-]+))?/g;
const LOGS_OF_RUN = /\bo8 logs --verify --run ([\w.-]+)/g;
const PLAN = /\bo8 (?:plan|preflight)((?: [^\s(,;]+)*)/g;
const PARALLEL = /\bo8 parallel (?!status|abort|cleanup|rollback|config)/g;
const PAUSE = /\bo8 (unpause|pause(?: --now)?)\b(?: --run ([\w.-]+))?/g;
/** What only a terminal offers, as it asks a person or shows what no chat needs. */
const TERMINAL_ONLY = /(?<!in a terminal: )\bo8 (?:config|doctor|trust|attach|diff|history|view|report|logs)\b/g;

/** What an agent was not permitted to do, and the setting that permits it: both are about its own words. */
const DENIAL = 'was not permitted: ';

/** A hint for the terminal as the plugin's user says it: there the program is not on the PATH, and a run is named bare. */
export function asSlashCommand(hint: string): string {
  return hint
    .split('\n')
    .map((line) => (line.startsWith(DENIAL) ? line : lineInChat(line)))
    .join('\n');
}

function lineInChat(line: string): string {
  return line
    .replace(COMMAND, (_, name: string, runId?: string) => {
      const command = name === 'spawn' ? 'run' : name;
      // Of `/parallel-run` the first word is the folder.
      const run = runId === undefined ? '' : command === 'run' ? ` --run ${runId}` : ` ${runId}`;
      return `/parallel-${command}${run}`;
    })
    .replace(PARALLEL, '/parallel-run ')
    .replace(PLAN, '/parallel-run$1 --dry-run')
    .replace(WAVE_LOGS, (_, runId?: string) => `/parallel-status${word(runId)}`)
    .replace(LOGS_OF_RUN, '/parallel-status $1')
    .replace(LOGS, (_, task: string, runId?: string) => `/parallel-status${word(runId)} ${task}`)
    .replace(PAUSE, (_, how: string, runId?: string) => {
      const pause = how === 'unpause' ? 'off' : how === 'pause' ? 'let_finish' : 'now';
      return `spawn with pause: "${pause}"${runId === undefined ? '' : ` and runId: "${runId}"`}`;
    })
    .replace(/\bo8 setup\b/g, '/parallel-setup')
    .replace(TERMINAL_ONLY, 'in a terminal: $&');
}

function word(text: string | undefined): string {
  return text === undefined ? '' : ` ${text}`;
}

/** The same the other way: what a document of the chat's names, for who reads it at a terminal. */
export function asTerminalCommand(text: string): string {
  return text
    .replace(/\/parallel-integrate --parallel-dir\b/g, 'o8 integrate')
    .replace(/\/parallel-(run|merge|status|abort|cleanup|integrate|setup)\b/g, 'o8 $1')
    .replace(
      DECOMPOSE,
      "Write the task files as parallel/README.md shows ('o8 setup' makes it), then: o8 render <dir>",
    );
}

/** As the user's documents word it. */
export const DECOMPOSE_HINT = "Run '/parallel-decompose' first to create task specifications.";
const DECOMPOSE = new RegExp(DECOMPOSE_HINT.replaceAll('/', '\\/').replaceAll('.', '\\.'), 'g');

/** What o8 itself says in an answer; the rest are words of others. */
const SAID = new Set('hint message why warnings next again notes reason problems conflictsUnknown'.split(' '));
/** By the name of what they are in: the commands of a plan are the repository's and stay as they are. */
const OWN_COMMANDS = new Map([
  ['held', 'commands'],
  ['findings', 'commands'],
  ['leftOut', 'command'],
]);

/** A tool's answer or error with every hint in it as the chat spells it. */
export function spelledForChat(answer: unknown, key = ''): unknown {
  if (typeof answer === 'string') return SAID.has(key) ? asSlashCommand(answer) : answer;
  if (Array.isArray(answer)) return answer.map((each) => spelledForChat(each, key));
  if (typeof answer !== 'object' || answer === null) return answer;
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name,
      spelledForChat(value, OWN_COMMANDS.get(key) === name ? 'next' : name),
    ]),
  );
}
