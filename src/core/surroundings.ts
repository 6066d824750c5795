import * as z from 'zod';

/** What an agent has no business with: everything git keeps for all worktrees, and the checkout the run started in. */
export const surroundingsSchema = z.strictObject({
  /** Hashes of content; null where there is none. */
  config: z.string().nullable(),
  hooks: z.string().nullable(),
  stash: z.string().nullable(),
  /** Branches and tags that are not this run's, full name to commit. */
  refs: z.record(z.string(), z.string()),
  /** Uncommitted paths of the main checkout, each with what git says of it. */
  changes: z.record(z.string(), z.string()),
});
export type Surroundings = z.infer<typeof surroundingsSchema>;

const MOST_NAMED = 5; // a person looks for themselves after a few

/** What differs, in words; nothing when all is as it was. Who did it cannot be told: the agent, or a person meanwhile. */
export function changedSurroundings(before: Surroundings, after: Surroundings): string[] {
  return [
    ...(before.config === after.config ? [] : ["the repository's git config changed"]),
    ...(before.hooks === after.hooks ? [] : ["the repository's git hooks changed"]),
    ...(before.stash === after.stash ? [] : ['git stash was used (all worktrees share it)']),
    ...differences('refs', before.refs, after.refs),
    ...differences('files in the main checkout', before.changes, after.changes),
  ];
}

function differences(what: string, before: Record<string, string>, after: Record<string, string>): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  );
  if (names.length === 0) return [];
  const rest = names.length - MOST_NAMED;
  return [`${what} changed: ${names.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${String(rest)} more` : ''}`];
}
