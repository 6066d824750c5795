import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { taskOf } from '../core/run-state.js';
import { trialMerge } from '../git/merge.js';
import { isAncestor, resolveCommit } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { predictLanding, type PredictedLanding } from './predict-landing.js';
import type { LoadedRun } from './load-run.js';
import type { mergeTaskSchema } from './merge.js';

/** What merging each task's branch, as committed now, into the target as it is now would give. Moves nothing. */
export async function predictMerges(
  repo: Repository,
  { plan, state }: LoadedRun,
  only: string | null,
): Promise<{ tasks: z.input<typeof mergeTaskSchema>[]; landing: PredictedLanding }> {
  const target = await resolveCommit(repo, plan.target.ref);
  const scratchDir = await mkdtemp(join(tmpdir(), 'o8-predict-'));
  const predictions: z.input<typeof mergeTaskSchema>[] = [];
  try {
    for (const task of plan.tasks.filter(({ id }) => only === null || id === only)) {
      const { state: current } = taskOf(state, task.id);
      const tip = await resolveCommit(repo, `refs/heads/${task.branch}`);
      const view = { id: task.id, state: current.state };
      if (tip === null || target === null) predictions.push({ ...view, message: 'has no branch yet' });
      else if (await isAncestor(repo, tip, target))
        predictions.push({ ...view, message: `already in ${plan.target.branch ?? plan.target.ref}` });
      else {
        const trial = await trialMerge(repo, { ours: target, theirs: tip, scratchDir });
        predictions.push(
          trial.kind === 'clean'
            ? { ...view, message: 'would merge' }
            : { ...view, message: 'would conflict', files: trial.files },
        );
      }
    }
    return { tasks: predictions, landing: await predictLanding(repo, plan, scratchDir) };
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}
