import { o8, placeholder, text } from '../base/text.js';
import { O8Error } from '../base/errors.js';
import { agentKind, agentSettingsOf, type AgentSettings } from '../settings/agent-settings.js';
import type { Settings } from '../settings/settings.js';
import { quote } from '../text/untrusted-text.js';
import type { Agent } from './base/agent.js';
import { CLAUDE_AGENT } from './claude/claude-agent.js';
import { CODEX_AGENT } from './codex/codex-agent.js';
import { COMMAND_AGENT } from './command/command-agent.js';

/** All kinds of agents; the first is the default. To add one, add a folder beside the others and a line here. */
export const AGENTS: readonly Agent[] = [CLAUDE_AGENT, CODEX_AGENT, COMMAND_AGENT];

/**
 * The agent program for these settings. O8Error `usage` for an unknown kind, with the known ones. `key` says where the
 * settings are: `agent` or `agents.<name>`.
 */
export function agentOf(settings: Pick<AgentSettings, 'kind' | 'command'>, key = 'agent'): Agent {
  const kind = agentKind(settings);
  const agent = AGENTS.find((each) => each.kind === kind);
  if (agent !== undefined) return agent;
  const known = AGENTS.map((each) => each.kind).join(', ');
  throw new O8Error(
    'usage',
    `There is no agent kind ${quote(kind)}${key === 'agent' ? '' : `, which ${quote(`${key}.kind`)} names`}.`,
    text`${o8('config set', [`${key}.kind`, placeholder('kind')])}, one of: ${known}`,
  );
}

export interface TaskAgent {
  readonly agent: Agent;
  readonly settings: AgentSettings;
}

/** The agent of a task with `name` in its `agent` key. O8Error `usage` for an unknown kind. */
export function taskAgent(settings: Pick<Settings, 'agent' | 'agents'>, name: string | null): TaskAgent {
  const own = agentSettingsOf(settings, name);
  return { agent: agentOf(own), settings: own };
}

/** O8Error `usage` for invalid agent settings; keys of a named agent are written as `agents.<name>.…`. */
export function checkAgents(settings: Pick<Settings, 'agent' | 'agents'>): void {
  checkAgent(settings.agent, 'agent');
  for (const [name, named] of Object.entries(settings.agents)) checkAgent(named, `agents.${name}`);
}

function checkAgent(settings: AgentSettings, key: string): void {
  agentOf(settings, key).check(settings, key);
}
