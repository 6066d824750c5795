import { asSlashCommand, asTerminalCommand } from '../../core/commands/slash-command.js';

/** Hints as whoever reads them spells commands: Claude Code runs some programs for its user, and shows what they print. */
export function spelledFor(env: NodeJS.ProcessEnv): (hint: string) => string {
  return env['CLAUDECODE'] === '1' ? asSlashCommand : asTerminalCommand;
}
