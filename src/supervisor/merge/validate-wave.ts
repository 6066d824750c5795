import { validated } from '../../core/run/rules/merge-stack.js';
import { resolveCommit } from '../../git/refs/refs.js';
import { plannedTask, type Run } from '../run/run.js';
import { verifyCommit } from './verify-commit.js';
import { targetOf } from '../../core/plan/target.js';

/** Runs a wave's `validation` on the current target; later waves wait for it. */
export async function validateWave(run: Run, number: number): Promise<void> {
  const wave = run.plan.waves.find((candidate) => candidate.number === number);
  const first = wave?.tasks[0];
  if (wave === undefined || wave.validation === null || first === undefined) return;
  const { ref } = targetOf(run.plan);
  const commit = await resolveCommit(run.repo, ref);
  if (commit === null) throw new Error(`target ${ref} is gone`);
  const verdict = await verifyCommit(run, {
    name: `validation-wave-${String(number)}`,
    kind: 'validation',
    commit,
    command: wave.validation,
    task: plannedTask(run, first),
    wave: number,
    tasks: wave.tasks.map((id) => plannedTask(run, id)),
  });
  if (verdict.kind === 'interrupted') return;
  await run.ledger.record(validated(wave.number, commit, verdict));
}
