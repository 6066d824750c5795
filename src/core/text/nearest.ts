/** Longer names are not compared letter by letter, because they are not typed by hand. */
const MOST_LETTERS = 80;

/**
 * The names most similar to the wanted one, best first: those that contain it, then by the number of different letters.
 */
export function nearest(wanted: string, names: readonly string[], most = 3): string[] {
  const scored = [...new Set(names)].map((name) => ({
    name,
    score: distance(wanted.toLowerCase(), name.toLowerCase()),
  }));
  return scored
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

function distance(wanted: string, name: string): number {
  if (wanted === name) return 0;
  if (wanted.length > 1 && name.includes(wanted)) return 0.5;
  return editDistance(wanted.slice(0, MOST_LETTERS), name.slice(0, MOST_LETTERS));
}

/** Number of letters to add, remove or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
