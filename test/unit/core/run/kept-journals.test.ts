import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planSchema } from '../../../../src/core/plan/plan.js';
import { replay } from '../../../../src/core/run/replay.js';
import { decodeJournal } from '../../../../src/store/journal/journal-format.js';
import { plainState } from '../../../support/runs/plain-state.js';

const JOURNALS = resolve(import.meta.dirname, '../../../fixtures/journals');

const read = (name: string, file: string): Buffer => readFileSync(join(JOURNALS, name, file));
const parsed = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));

describe('the journal of a real run of an earlier version', () => {
  it.each(readdirSync(JOURNALS).filter((name) => name !== 'README.md'))(
    '%s replays to the state it had then',
    (name) => {
      const journal = decodeJournal(read(name, 'journal.jsonl'));
      if (journal.kind === 'damaged') throw new Error(`record ${journal.record}: ${journal.why}`);
      expect(journal.records.length).toBeGreaterThan(5);
      const plan = planSchema.parse(parsed(read(name, 'plan.json')));
      const state = parsed(read(name, 'state.json'));
      // A later version may add to the state of a run, but never change it.
      expect(plainState(replay(plan, journal.records))).toMatchObject(state as object);
    },
  );
});
