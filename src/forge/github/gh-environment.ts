/** Decide how gh looks at a terminal, and what it does there; GH_DEBUG prints what is sent. */
const LEFT_OUT = new Set([
  'GH_DEBUG',
  'DEBUG',
  'GH_FORCE_TTY',
  'CLICOLOR_FORCE',
  'GH_PAGER',
  'GH_HOST',
  'GH_REPO',
  'GH_EDITOR',
]);

/** The user's environment for gh, with the login that it finds there by itself: no questions, colours or notices. */
export function ghEnvironment(parent: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(parent).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !LEFT_OUT.has(entry[0]),
  );
  return {
    ...Object.fromEntries(kept),
    GH_PROMPT_DISABLED: '1',
    GH_NO_UPDATE_NOTIFIER: '1',
    GH_SPINNER_DISABLED: '1',
    NO_COLOR: '1',
    PAGER: 'cat',
  };
}
