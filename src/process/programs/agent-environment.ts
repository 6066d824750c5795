/** Of `CLAUDE*`: sign-in, provider, certificates and the user's own limits. Everything else there is a session's. */
const CLAUDE_CONFIGURATION = [
  /^CLAUDE_CONFIG_DIR$/,
  /^CLAUDE_CODE_(USE|SKIP|ENABLE|DISABLE|MAX|CLIENT)_/,
  /^CLAUDE_CODE_(OAUTH_TOKEN|OAUTH_REFRESH_TOKEN|OAUTH_SCOPES|API_KEY_HELPER_TTL_MS|CERT_STORE|EXTRA_BODY)$/,
  /^CLAUDE_CODE_(SUBAGENT_MODEL|EFFORT_LEVEL|PROXY_RESOLVES_HOSTS|SHELL|SHELL_PREFIX|SUBPROCESS_ENV_SCRUB|TMPDIR)$/,
];

/** What points git at another repository or configuration: `git rev-parse --local-env-vars` and its like. */
const GIT_REDIRECTIONS = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_QUARANTINE_PATH',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
]);

function belongsToParent(name: string): boolean {
  if (name.startsWith('CLAUDE')) return !CLAUDE_CONFIGURATION.some((pattern) => pattern.test(name));
  return (
    name === 'AI_AGENT' ||
    name.startsWith('O8_') ||
    GIT_REDIRECTIONS.has(name) ||
    /^GIT_CONFIG_(KEY|VALUE)_\d+$/.test(name)
  );
}

/**
 * The environment of an agent: the parent's without what describes the Claude session, git hook or o8 run that
 * started us, plus `o8` (O8_TASK_ID and so on), which wins.
 */
export function agentEnvironment(parent: NodeJS.ProcessEnv, o8: Record<string, string>): Record<string, string> {
  const kept = Object.entries(parent).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !belongsToParent(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...o8 };
}
