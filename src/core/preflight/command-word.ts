/** Words after which a command begins, and words of the shell that are no programs. */
const KEYWORDS = new Set(['if', 'then', 'while', 'until', 'for', 'case', 'do', 'else', 'elif', 'function', 'select']);
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/**
 * The program or builtin a shell command begins with, behind assignments and `!`; null where that cannot be told
 * without a shell (quotes, variables, groups, paths, which the plan's own tasks may make).
 */
export function commandWord(command: string): string | null {
  const line = command
    .split('\n')
    .map((each) => each.trim())
    .find((each) => each !== '' && !each.startsWith('#'));
  if (line === undefined) return null;
  for (const word of line.split(/[ \t]+/)) {
    if (word === '!' || /^[A-Za-z_][A-Za-z0-9_]*=[^\s;&|()<>"'`$\\]*$/.test(word)) continue;
    const plain = word.replace(/[;&|]+$/, '');
    if (!PLAIN.test(plain) || KEYWORDS.has(plain)) return null;
    return plain;
  }
  return null;
}

/** Whether a command has nothing in it but blanks and comments. */
export function isOnlyComment(command: string): boolean {
  return command.split('\n').every((line) => line.trim() === '' || line.trim().startsWith('#'));
}
