import { withFlags } from '../../core/base/text.js';
import { selectedTasks } from '../../core/plan/build-plan.js';
import { runCommand } from '../../core/plan/sources.js';
import { O8Error } from '../../core/base/errors.js';
import type { Plan } from '../../core/plan/plan.js';
import { resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';

/**
 * The check before a single wave runs: whether the work of earlier waves that it needs exists. Throws `refused` with the
 * same text when something is missing.
 */
export async function waveCheckText(repo: Repository, plan: Plan, wave: number): Promise<string> {
  const needed = new Set(selectedTasks(plan).flatMap(({ deps }) => deps));
  const lines = [`=== Running Wave ${String(wave)} Only ===`];
  let missing = 0;
  let earliest = wave;
  for (const earlier of plan.waves.filter(({ number }) => number < wave)) {
    const tasks = plan.tasks.filter(({ id }) => earlier.tasks.includes(id) && needed.has(id));
    if (tasks.length === 0) continue;
    lines.push('', `Checking Wave ${String(earlier.number)} dependencies...`);
    for (const { id, branch } of tasks) {
      const found =
        plan.landed[id] !== undefined
          ? 'LANDED'
          : (await resolveCommit(repo, `refs/heads/${branch}`)) !== null
            ? 'EXISTS'
            : 'MISSING';
      if (found === 'MISSING') {
        missing += 1;
        earliest = Math.min(earliest, earlier.number);
      }
      lines.push(`  ${branch}: ${found}`);
    }
  }
  if (missing > 0) {
    throw new O8Error(
      'refused',
      `${lines.join('\n')}\n\nDependencies of wave ${String(wave)} are missing.`,
      withFlags(runCommand(plan.source, plan.root), { wave: earliest }),
    );
  }
  return [...lines, '', `All dependencies satisfied. Proceeding with Wave ${String(wave)}.`].join('\n');
}
