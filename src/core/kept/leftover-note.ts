/** The note about processes that a user's command left running and o8 stopped; null if there were none. */
export function leftoverNote(
  command: 'setup' | 'verify' | 'validation' | 'notify',
  ended: readonly string[],
): string | null {
  if (ended.length === 0) return null;
  const when = command === 'setup' ? 'until the task ended' : 'when it ended';
  return `${command} left processes running ${when}; o8 stopped them: ${ended.join(', ')}`;
}
