/**
 * Where the user's own configuration lies is kept. Every other GIT_ variable is dropped: GIT_DIR and its like
 * redirect commands to another repository, GIT_CONFIG_PARAMETERS adds settings, GIT_TRACE mixes into the output.
 */
const KEPT = new Set(['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM']);

/** Programs git would start to ask somebody; nobody is there. simple-git refuses an environment that has them. */
const INTERACTIVE = new Set(['EDITOR', 'VISUAL', 'PAGER', 'PREFIX', 'SSH_ASKPASS']);

const FIXED: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_EDITOR: 'true',
  GIT_OPTIONAL_LOCKS: '0', // a look at the user's checkout must not take its index.lock
  GIT_REFLOG_ACTION: 'o8',
  LC_ALL: 'C',
};

/** Settings of every git that o8 starts; they win over the repository's, which an agent can write to. */
export const FIXED_CONFIG: readonly string[] = [
  'core.hooksPath=/dev/null', // a failing post-checkout fails `worktree add`; verify commands are the gate
  'core.fsmonitor=false', // one daemon for each worktree, or a program an agent put into the shared config
  'core.quotePath=false',
  'rerere.enabled=false', // a remembered resolution would hide a conflict
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'merge.autoStash=false', // the user's changes stay where they are
  'commit.gpgSign=false', // would ask for a passphrase
];

/** The parent's environment with everything removed that redirects git or makes it ask. */
export function gitEnvironment(parent: NodeJS.ProcessEnv): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(parent)) {
    if (value === undefined || INTERACTIVE.has(name)) continue;
    if (name.startsWith('GIT_') && !KEPT.has(name)) continue;
    environment[name] = value;
  }
  return { ...environment, ...FIXED };
}
