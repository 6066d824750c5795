/** Keywords of the shell, which are not programs. */
const KEYWORDS = new Set(['if', 'then', 'while', 'until', 'for', 'case', 'do', 'else', 'elif', 'function', 'select']);
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/;

/**
 * The program or builtin with which a shell command begins, after assignments and `!`; null if only a shell can tell
 * (quotes, variables, groups) or if it is a path, which a task may still create.
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

/** Whether a command contains only blanks and comments. */
export function isOnlyComment(command: string): boolean {
  return command.split('\n').every((line) => line.trim() === '' || line.trim().startsWith('#'));
}
