import type { Unspelled } from '../../core/text/spelling.js';
import type { Text } from '../../core/base/text.js';
import * as z from 'zod';
import type { ExpectedConflict } from '../../core/merge/conflict-prediction.js';
import { trialMerges } from '../../git/merge/merge-batch.js';
import type { Repository } from '../../git/door/repository.js';

/** The commit with a task's unmerged work. */
export interface UnmergedWork {
  readonly id: string;
  readonly commit: string;
}

export interface ComparedWork {
  readonly conflicts: readonly ExpectedConflict[];
  /** Ids of tasks whose branch shares no history with the target and cannot be merged. */
  readonly unrelated: ReadonlySet<string>;
  /** Why not all pairs were compared, null when they were. */
  readonly incomplete: Text | null;
}

/** Merges all work on trial with the target and with each other, in the given order. Writes nothing into the repository. */
export async function compareWork(
  repo: Repository,
  work: readonly UnmergedWork[],
  { target, mostCompared, withinMs = null }: { target: string; mostCompared: number; withinMs?: number | null },
): Promise<ComparedWork> {
  const tooMany = work.length > mostCompared;
  const alone = work.map(({ id, commit }) => ({ tasks: [id] as const, ours: target, theirs: commit }));
  const together = work.flatMap((one, at) =>
    work.slice(at + 1).map((other) => ({
      tasks: [one.id, other.id] as const,
      ours: one.commit,
      theirs: other.commit,
    })),
  );
  const pairs = tooMany ? alone : [...alone, ...together];
  const merges = await trialMerges(repo, pairs, { withinMs });
  const conflicts: ExpectedConflict[] = [];
  const unrelated = new Set<string>();
  for (const [at, { tasks }] of pairs.entries()) {
    const merge = merges[at];
    if (merge?.kind === 'conflict') conflicts.push({ tasks, files: merge.files });
    if (merge?.kind === 'unrelated' && tasks.length === 1) unrelated.add(tasks[0]);
  }
  const most = String(mostCompared);
  const incomplete = tooMany
    ? `more than ${most} branches (${String(work.length)}) are not compared with each other`
    : null;
  return { conflicts, unrelated, incomplete };
}

/** The fields of an answer for expected conflicts; each is absent when empty. */
export const expectedConflictsShape = {
  conflicts: z
    .array(
      z.object({
        tasks: z.array(z.string()),
        files: z.array(z.string()).describe('untrusted'),
        moreFiles: z.number().optional(),
      }),
    )
    .optional()
    .describe('expected merge conflicts: of one task with the target, or of two with each other'),
  moreConflicts: z.number().optional(),
  conflictsUnknown: z.string().optional().describe('why not all conflicts are known: untrusted'),
};
export type ExpectedConflictsAnswer = z.input<z.ZodObject<typeof expectedConflictsShape>>;
type Unanswered = Unspelled<ExpectedConflictsAnswer>;

const MOST_FILES = 20; // folders moved on both sides conflict in hundreds of files
/** Forty branches that change the same line are 780 conflicts. */
const MOST_CONFLICTS = 30;

export function conflictsAnswer(conflicts: readonly ExpectedConflict[], incomplete: Text | null): Unanswered {
  const told = conflicts.slice(0, MOST_CONFLICTS).map(({ tasks, files }) => ({
    tasks: [...tasks],
    files: files.slice(0, MOST_FILES),
    ...(files.length > MOST_FILES ? { moreFiles: files.length - MOST_FILES } : {}),
  }));
  return {
    ...(told.length === 0 ? {} : { conflicts: told }),
    ...(conflicts.length > told.length ? { moreConflicts: conflicts.length - told.length } : {}),
    ...(incomplete === null ? {} : { conflictsUnknown: incomplete }),
  };
}
