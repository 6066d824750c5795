import { describe, expect, it } from 'vitest';
import {
  everyFailpoint,
  everyHit,
  tell,
  tellEach,
  undisturbed,
  type Story,
  type Told,
} from '../../support/faults/fault-stories.js';
import { Pool } from '../../support/waiting/pool.js';

/**
 * A process is killed at a failpoint, the run is continued, and must end like an undisturbed run. Here every
 * failpoint is reached for the first time, up to eight of them in a run; `npm run faults` takes every hit by itself.
 */
const FAULTS_IN_A_RUN = 8;
const TIMEOUT_MS = 120_000;

const pool = new Pool<Told[]>(4); // a run waits for the disk as long as it computes
const cases = process.env['FAULTS'] === 'every-hit' ? await everyHit() : everyFailpoint(FAULTS_IN_A_RUN);
const stories = new Set(cases.map(undisturbed));
const expected = new Map(
  [...stories].map((story) => [story, pool.start(async () => [await tell({ story, faults: [] })])]),
);
const disturbed = new Map(cases.map((each) => [each, pool.start(async () => tellEach(each))]));

describe('ends like an undisturbed run:', { timeout: TIMEOUT_MS }, () => {
  it.each([...stories])('$name, without a fault', async (story) => {
    const nothingLeft = { mergedTwice: [], notMerged: [], locks: [], processes: [] };
    const told = await undisturbedTold(story);
    expect(told.outcome, told.logs).toMatchObject({ phase: 'completed', ...nothingLeft });
    expect(told.wrongStarts, told.logs).toEqual([]);
  });

  it.each(cases)('$title', async (each) => {
    const { outcome } = await undisturbedTold(undisturbed(each));
    const all = (await disturbed.get(each)?.result) ?? [];
    expect(all).not.toEqual([]);
    for (const told of all) {
      expect(told.missed, told.logs).toEqual([]);
      expect(told.outcome, told.logs).toEqual(outcome);
      expect(told.wrongStarts, told.logs).toEqual([]);
    }
  });
});

async function undisturbedTold(story: Story): Promise<Told> {
  const [told] = (await expected.get(story)?.result) ?? [];
  if (told === undefined) throw new Error(`${story.name} was not told`);
  return told;
}
