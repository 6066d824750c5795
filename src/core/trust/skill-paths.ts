/** The name of a command as typed: letters, digits, `.`, `_`, `-`, and `:` between folders. */
const COMMAND = /^\/?([A-Za-z0-9][\w.-]*(?::[A-Za-z0-9][\w.-]*)*)$/;

/** The files (relative to the repository) that may define a slash command or skill; the first existing one is used. */
export function skillPaths(command: string): string[] {
  const name = COMMAND.exec(command)?.[1];
  if (name === undefined) return [];
  const folders = name.split(':').join('/');
  return [`.claude/commands/${folders}.md`, `.claude/skills/${folders}/SKILL.md`];
}
