import { troubleText } from '../../core/forge/forge.js';
import { o8 } from '../../core/base/text.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { targetOf } from '../../core/plan/target.js';
import { mergeHeld } from '../../core/run/merge-held.js';
import { resolveCommit } from '../../git/refs/refs.js';
import { mergeCandidate } from '../merge/merge-candidate.js';
import { verifyCommit } from '../merge/verify-commit.js';
import { recordOf, type Run } from '../run/run.js';
import type { PullWork } from './pull-work.js';

/** Pull requests that are based on a merged task's branch ask from now on to be merged into the run's base branch. */
export async function retargetDependents(at: PullWork, merged: PlannedTask): Promise<void> {
  const { run, forge } = at;
  const base = run.plan.base.branch;
  for (const task of run.plan.tasks) {
    const opened = recordOf(run, task.id).pull?.opened ?? null;
    if (opened?.base !== merged.branch) continue;
    const updated = await forge.update(opened.number, { base });
    if (updated.kind !== 'answered') {
      run.log(`${task.id}: pull request #${String(opened.number)} keeps its base: ${troubleText(updated)}`);
      continue;
    }
    await run.ledger.record({ type: 'pull_opened', task: task.id, number: opened.number, url: opened.url, base });
    await proveAgain(run, task);
  }
}

/** It passed its checks on top of the other task's branch: now it has to pass on the base branch. */
async function proveAgain(run: Run, task: PlannedTask): Promise<void> {
  const { state } = recordOf(run, task.id);
  if (state.state !== 'merge_pending' || state.hold !== null) return;
  const onto = await resolveCommit(run.repo, targetOf(run.plan).ref);
  if (onto === null) return;
  const candidate = await mergeCandidate(run, task, { onto, tip: state.tip, base: null, accepted: [] });
  if (candidate.kind === 'conflict') {
    const { files } = candidate;
    const [targetCommit, branchCommit] = [onto, state.tip];
    return run.ledger.record({ type: 'task_conflicted', task: task.id, files, targetCommit, branchCommit });
  }
  if (task.verify === null) return;
  const check = { name: 'verify', kind: 'verify', commit: candidate.commit, command: task.verify } as const;
  const verdict = await verifyCommit(run, { ...check, task, tasks: [task] });
  if (verdict.kind !== 'failed') return;
  const reason = `verify failed on the new base: ${run.redact(verdict.message)}`.slice(0, 1000);
  await run.ledger.record(mergeHeld(task.id, reason, o8('merge', { run: run.plan.runId, task: task.id })));
}
