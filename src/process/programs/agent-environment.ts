import { AGENTS } from '../../core/agents/kinds.js';

/**
 * Variables that point git to another repository or configuration, such as those of `git rev-parse --local-env-vars`.
 */
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
  return (
    AGENTS.some(({ describesSession }) => describesSession(name)) ||
    name.startsWith('O8_') ||
    GIT_REDIRECTIONS.has(name) ||
    /^GIT_CONFIG_(KEY|VALUE)_\d+$/.test(name)
  );
}

/**
 * The environment of an agent: the parent's, without variables of the agent session, git hook or o8 run that started
 * this process, plus `o8` (O8_TASK_ID and so on), which takes precedence.
 */
export function agentEnvironment(parent: NodeJS.ProcessEnv, o8: Record<string, string>): Record<string, string> {
  const kept = Object.entries(parent).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !belongsToParent(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...o8 };
}
