import { O8Error } from '../../base/errors.js';
import type { AgentSettings } from '../../settings/agent-settings.js';
import type { AttemptLaunch, Launch, ReviewLaunch } from '../base/agent.js';

/**
 * The Codex command of one attempt: `codex exec`, or `codex exec resume` with the thread's id, the prompt on standard
 * input. The sandbox lets it write in its worktree and temporary folders; git's own folder stays read-only.
 */
export function codexCommand({ program, task, settings, session, project }: AttemptLaunch): Launch {
  const { agent } = settings;
  const model = task.model ?? agent.model;
  const resumed = session.continues ? session.sessionId : null;
  return {
    argv: [
      program,
      ...(resumed === null ? ['exec'] : ['exec', 'resume']),
      '--json',
      ...(model === null ? [] : [`--model=${model}`]),
      ...overrides(agent.settings),
      ...override('sandbox_mode', sandboxOf(agent)),
      ...override('approval_policy', 'never'),
      ...(project.kind === 'frozen' ? untrusted(task.worktree) : []),
      ...(resumed === null ? [] : [resumed]),
      '-',
    ],
    env: {},
  };
}

/** The same without a sandbox that writes, and without the settings that the reviewed branch may have changed. */
export function codexReview({ program, agent, folder }: ReviewLaunch): Launch {
  return {
    argv: [
      program,
      ...['exec', '--json', '--ephemeral'],
      ...(agent.model === null ? [] : [`--model=${agent.model}`]),
      ...overrides(agent.settings),
      ...override('sandbox_mode', 'read-only'),
      ...override('approval_policy', 'never'),
      ...untrusted(folder),
      '-',
    ],
    env: {},
  };
}

function sandboxOf({ permissionMode }: AgentSettings): string {
  switch (permissionMode) {
    case 'bypassPermissions':
      return 'danger-full-access';
    case 'plan':
      return 'read-only';
    default:
      return 'workspace-write';
  }
}

/** The worktree's settings differ from the accepted ones: Codex ignores the settings of an untrusted folder. */
function untrusted(worktree: string): string[] {
  return ['-c', `projects={${JSON.stringify(worktree)}={trust_level="untrusted"}}`];
}

/** Settings that o8 sets itself, or that would change the sandbox or the trust of a folder. */
const RESERVED: readonly string[] = ['sandbox_mode', 'approval_policy', 'projects', 'model'];

/** O8Error `usage` for `agent.settings` that o8 sets itself, or that cannot be written as Codex configuration. */
export function checkCodexSettings({ settings }: AgentSettings, agentKey: string): void {
  const reserved = Object.keys(settings).find((key) => RESERVED.includes(key.split('.', 1)[0] ?? ''));
  if (reserved !== undefined) {
    throw new O8Error(
      'usage',
      `${agentKey}.settings.${reserved} is set by o8 itself for Codex.`,
      `Use ${agentKey}.model for the model and ${agentKey}.permissionMode for the sandbox.`,
    );
  }
  overrides(settings, agentKey);
}

function overrides(settings: Readonly<Record<string, unknown>>, agentKey = 'agent'): string[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    if (BARE_PATH.test(key)) return overridesAt(agentKey, key, value);
    throw new O8Error(
      'usage',
      `${agentKey}.settings has the key ${JSON.stringify(key)}, which is not a valid name of a Codex setting.`,
      'Names of settings consist of letters, digits, -, _ and dots between them.',
    );
  });
}

/** Tables are written key by key, so that other keys of the same table in the user's configuration are kept. */
function overridesAt(agentKey: string, path: string, value: unknown): string[] {
  if (isTable(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => BARE.test(key)))
    return Object.entries(value).flatMap(([key, inner]) => overridesAt(agentKey, `${path}.${key}`, inner));
  return override(path, value, agentKey);
}

function override(path: string, value: unknown, agentKey = 'agent'): string[] {
  return ['-c', `${path}=${toml(value, `${agentKey}.settings.${path}`)}`];
}

const BARE = /^[A-Za-z0-9_-]+$/;
const BARE_PATH = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/** A JSON value as TOML, of the named setting; strings, numbers, booleans and lists have the same syntax in both. */
function toml(value: unknown, setting: string): string {
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map((each) => toml(each, setting)).join(', ')}]`;
  if (isTable(value))
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)} = ${toml(inner, setting)}`)
      .join(', ')}}`;
  throw new O8Error(
    'usage',
    `${setting} is null, which cannot be written in Codex's configuration.`,
    `Remove ${setting}.`,
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
