/** What a command of the user's left running and o8 ended, as a note of a task; null when it was nothing. */
export function leftoverNote(
  command: 'setup' | 'verify' | 'validation' | 'notify',
  ended: readonly string[],
): string | null {
  if (ended.length === 0) return null;
  const when = command === 'setup' ? 'until the task was over' : 'when it ended';
  return `${command} left processes running ${when}; o8 ended them: ${ended.join(', ')}`;
}
