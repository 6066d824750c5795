import { describe, expect, it } from 'vitest';
import { everyFailpoint, everyHit, tell, type FaultCase, type Told } from '../../support/fault-stories.js';
import { Pool } from '../../support/pool.js';

/**
 * A process is killed at a failpoint, the run is continued, and must end as one that nobody disturbed. Here every
 * failpoint is reached for the first time, six of them to a run; `npm run faults` takes every hit by itself.
 */
const FAULTS_IN_A_RUN = 6;
const TIMEOUT_MS = 120_000;

const pool = new Pool<Told>(3); // a run waits for the disk as long as it computes
const cases = process.env['FAULTS'] === 'every-hit' ? await everyHit() : everyFailpoint(FAULTS_IN_A_RUN);
const undisturbed = new Map<string, Promise<Told>>();
for (const { story } of cases) {
  if (!undisturbed.has(story.name))
    undisturbed.set(
      story.name,
      pool.run(async () => tell({ story, faults: [] })),
    );
}
const disturbed = new Map<FaultCase, Promise<Told>>(cases.map((each) => [each, pool.run(async () => tell(each))]));

describe('as if nothing had happened ends', { timeout: TIMEOUT_MS }, () => {
  it.each(cases)('$title', async (each) => {
    const expected = await undisturbed.get(each.story.name);
    const told = await disturbed.get(each);
    expect(expected?.outcome).toMatchObject({
      phase: 'completed',
      mergedTwice: [],
      notMerged: [],
      locks: [],
      processes: [],
    });
    expect(expected?.wrongStarts).toEqual([]);
    expect(told?.outcome, told?.logs).toEqual(expected?.outcome);
    expect(told?.wrongStarts, told?.logs).toEqual([]);
  });
});
