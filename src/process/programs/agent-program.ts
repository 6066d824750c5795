import type { Agent } from '../../core/agents/base/agent.js';
import { O8Error } from '../../core/base/errors.js';
import type { AgentSettings } from '../../core/settings/agent-settings.js';
import { findProgram } from './run-program.js';

/**
 * The path of an agent's program. O8Error `refused` if it is not installed. The user's own program is not looked up,
 * because starting it reports any problem.
 */
export async function agentProgram(
  { program, cli }: Pick<Agent, 'program' | 'cli'>,
  settings: AgentSettings,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const name = program(settings);
  if (cli === null) return name;
  const path = await findProgram(name, env);
  if (path === null) throw new O8Error('refused', `${cli.name} not found`, cli.install);
  return path;
}
