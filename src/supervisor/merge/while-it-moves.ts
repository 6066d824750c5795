/** How often a branch may move while a commit for it is verified; each further round costs a verify. */
const MOST_MOVES = 5;

/**
 * Repeats a round until it returns a result. `moved`: the branch moved during the round, so its commit has to be computed
 * again; after five of these the answer is `keeps_moving`. `again`: another round that does not count as one.
 */
export async function whileItMoves<T extends object | 'done'>(
  round: () => Promise<T | 'moved' | 'again'>,
): Promise<T | 'keeps_moving'> {
  for (let moves = 0; moves < MOST_MOVES;) {
    const result = await round();
    if (result === 'moved') moves += 1;
    else if (result !== 'again') return result;
  }
  return 'keeps_moving';
}
