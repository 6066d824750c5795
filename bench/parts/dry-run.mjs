/** `o8 merge --dry-run` of branches that agents work on, against one `git merge-tree` for each pair of them. */
import { join } from 'node:path';
import { alternate } from '../support/alternate.mjs';
import { measured } from '../support/enclosure.mjs';
import { o8 } from '../support/plan.mjs';
import { othersOf } from '../support/rows.mjs';
import { StandingRun } from '../support/standing-run.mjs';

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, tiny }) {
  const tasks = tiny ? 3 : 20;
  const run = await StandingRun.open(join(folder, 'run'), { tasks, slots: tasks, files: tiny ? 10 : 2000 });
  try {
    const branches = run.ids.map((id) => `feature/${id}`);
    const pairs = branches.flatMap((one, at) => branches.slice(at + 1).map((other) => `${one} ${other}`));
    const loop = `printf '%s\\n' "$@" | while read -r one other; do git merge-tree --write-tree $one $other; done`;
    const costs = await alternate(rounds, {
      pairs: () => measured(['/bin/sh', '-c', loop, 'sh', ...pairs], run.where),
      start: () => measured(o8('merge', '--help'), run.where),
      predicted: () => measured(o8('merge', '--dry-run'), run.where),
    });
    const failed = Object.values(costs)
      .flat()
      .find(({ code }) => code !== 0);
    if (failed !== undefined) throw new Error(failed.stderr);
    return [
      {
        id: 'dry-run-wall',
        what: `merge --dry-run of ${tasks} branches beside the program's start: wall`,
        against: 'git merge-tree of each pair',
        unit: 'times',
        limit: 0.15,
        values: costs.predicted.map(
          ({ wallMs }, round) =>
            Math.max(0, wallMs - (costs.start[round]?.wallMs ?? NaN)) / (costs.pairs[round]?.wallMs ?? NaN),
        ),
        others: othersOf(Object.values(costs).flat()),
      },
    ];
  } finally {
    await run.close();
  }
}
