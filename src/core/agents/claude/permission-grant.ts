/** Programs that only read or change the folder: they are not the reason why a command line was denied. */
const HARMLESS = new Set([
  'cd',
  'ls',
  'mkdir',
  'cat',
  'head',
  'tail',
  'grep',
  'wc',
  'sort',
  'echo',
  'pwd',
  'true',
  'test',
]);
/** Never suggested: the worker rules forbid these, or they are allowed already. */
const NEVER = /^git (?:stash|config|worktree|push|remote|-|add|commit|status|diff|log|show)/;
/** In `npm run build` the third word names the script. */
const RUNS_SCRIPTS = /^(?:npm|pnpm|yarn|bun|deno) run$/;

/**
 * The `agent.allowedTools` entry that would grant a denied tool call, null when none would or should: writes outside
 * the task's worktree and git commands that touch what all worktrees share stay denied.
 */
export function grantFor(tool: string, input: Readonly<Record<string, unknown>>): string | null {
  switch (tool) {
    case 'Bash':
      return typeof input['command'] === 'string' ? bashGrant(input['command']) : null;
    case 'Write':
    case 'Edit':
    case 'MultiEdit':
    case 'NotebookEdit':
      return null;
    case 'WebFetch': {
      const host = typeof input['url'] === 'string' && URL.canParse(input['url']) ? new URL(input['url']).hostname : '';
      return host === '' ? 'WebFetch' : `WebFetch(domain:${host})`;
    }
    default:
      return /^\w{1,64}$/.test(tool) ? tool : null;
  }
}

/** A rule for the program and subcommand of the first part of a command line that needs a permission. */
function bashGrant(command: string): string | null {
  for (const part of command.split(/&&|\|\||[;|\n]/)) {
    const words = part.trim().split(/\s+/);
    const [program = '', second = '', third = ''] = words;
    if (program === '' || HARMLESS.has(program) || NEVER.test(`${program} ${second}`)) continue;
    if (!isPlain(program)) return null;
    if (RUNS_SCRIPTS.test(`${program} ${second}`) && isName(third)) return `Bash(${program} ${second} ${third} *)`;
    return isName(second) ? `Bash(${program} ${second} *)` : `Bash(${program} *)`;
  }
  return null;
}

function isPlain(word: string): boolean {
  return /^[\w./@+=-]{1,200}$/.test(word);
}

/** A subcommand such as `test` or `test:unit`, not an option, a path or a file. */
function isName(word: string): boolean {
  return /^[a-z][\w:-]{0,100}$/i.test(word);
}
