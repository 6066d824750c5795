import { o8, text } from '../../base/text.js';
import { O8Error } from '../../base/errors.js';
import type { AgentSettings } from '../../settings/agent-settings.js';

/** For kinds with a fixed program: O8Error `usage` if the settings have a command as well. */
export function noCommand(kind: string, { command }: Pick<AgentSettings, 'command'>, key: string): void {
  if (command === null) return;
  throw new O8Error(
    'usage',
    `${key}.kind is ${kind}, so ${key}.command (${command[0] ?? ''}) has no effect.`,
    text`${o8('config reset', [`${key}.command`])}, or ${o8('config reset', [`${key}.kind`])} to use the command`,
  );
}
