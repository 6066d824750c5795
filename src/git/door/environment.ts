/**
 * The variables that locate the user's git configuration are kept; all other GIT_ variables are removed. GIT_DIR and
 * similar redirect git to another repository, GIT_CONFIG_PARAMETERS adds settings, GIT_TRACE writes into the output.
 */
const KEPT = new Set(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM']);

/** Programs that git starts to ask for input, which nobody can answer. simple-git refuses an environment with them. */
const INTERACTIVE = new Set(['EDITOR', 'VISUAL', 'PAGER', 'PREFIX', 'SSH_ASKPASS']);

const FIXED: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_EDITOR: 'true',
  GIT_OPTIONAL_LOCKS: '0', // reading the user's checkout must not take its index.lock
  GIT_REFLOG_ACTION: 'o8',
  LC_ALL: 'C',
};

/** Settings of every git that o8 starts; they take precedence over the repository's, which an agent can change. */
export const FIXED_CONFIG: readonly string[] = [
  'core.hooksPath=/dev/null', // a failing post-checkout hook fails `worktree add`; verify commands do the checks
  'core.fsmonitor=false', // prevents one daemon per worktree, or a program that an agent configured
  'core.quotePath=false',
  'rerere.enabled=false', // a recorded resolution would hide a conflict
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'merge.autoStash=false', // leave the user's changes in place
  'commit.gpgSign=false', // would ask for a passphrase
];

/** The parent's environment without the variables that redirect git or make it ask for input. */
export function gitEnvironment(parent: NodeJS.ProcessEnv): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    if (value === undefined || INTERACTIVE.has(name)) continue;
    if (name.startsWith('GIT_') && !KEPT.has(name)) continue;
    environment[name] = value;
  }
  return { ...environment, ...FIXED };
}
