import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/run/events.js';
import { openJournal, readJournal } from '../../../src/store/journal/journal.js';
import { decodeJournal } from '../../../src/store/journal/journal-format.js';
import { safeLease, temporaryRoot } from '../../support/runs/store-fixture.js';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const events: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({ type: fc.constant('task_blocked' as const), task: text, by: fc.array(text, { maxLength: 3 }) }),
  fc.record({ type: fc.constant('run_created' as const), runId: text }),
  fc.record({ type: fc.constant('merge_held' as const), task: text, reason: text, hint: text }),
  fc.record({ type: fc.constant('owner_changed' as const), pid: fc.nat(), generation: fc.nat() }),
);

/** What disks, file systems and people do to a file. Places are fractions of its length. */
type Harm = (bytes: Buffer) => Buffer;
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const at = (bytes: Buffer, where: number): number => Math.floor(where * bytes.length);
const harms: fc.Arbitrary<Harm> = fc.oneof(
  place.map((where) => (bytes: Buffer) => bytes.subarray(0, at(bytes, where))),
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([where, bit]) => (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    const index = at(bytes, where);
    changed[index] = (bytes[index] ?? 0) ^ (1 << bit);
    return changed;
  }),
  fc.tuple(place, place).map(([one, other]) => (bytes: Buffer) => {
    const [from, to] = [at(bytes, Math.min(one, other)), at(bytes, Math.max(one, other)) + 1];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  }),
  fc.tuple(place, place).map(([one, other]) => (bytes: Buffer) => {
    const [from, to] = [at(bytes, Math.min(one, other)), at(bytes, Math.max(one, other)) + 1];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  }),
  // A file that a power cut left longer than what was written.
  fc.tuple(place, fc.integer({ min: 1, max: 5000 })).map(
    ([where, length]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at(bytes, where)), Buffer.alloc(length)]),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((tail) => (bytes: Buffer) => Buffer.concat([bytes, tail])),
);

/** Each writes and syncs some files; a thousand found nothing that these do not. */
const RUNS = 60;

it('a damaged journal is repaired to a valid beginning of itself, or refused and left unchanged', async () => {
  const folder = await temporaryRoot();
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(events, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      fc.array(harms, { minLength: 1, maxLength: 3 }),
      async (groups, damage) => {
        const path = join(folder, String((round += 1)), 'journal.jsonl');
        const journal = await openJournal(path, safeLease);
        for (const group of groups) await journal.append(group);
        await journal.close();
        const whole = (await readJournal(path)).records;
        const harmed = damage.reduce<Buffer>((bytes, harm) => harm(bytes), await readFile(path));
        await writeFile(path, harmed);

        const content = decodeJournal(harmed);
        if (content.kind === 'damaged') {
          await expect(openJournal(path, safeLease)).rejects.toMatchObject({ code: 'journal_damaged' });
          expect(await readFile(path)).toEqual(harmed);
          return;
        }
        const left = whole.slice(0, content.records.length);
        expect(content.records).toEqual(left);
        const again = await openJournal(path, safeLease);
        const [added] = await again.append([{ type: 'run_resumed' }]);
        await again.close();
        expect((await readJournal(path)).records).toEqual([...left, added]);
        const torn = (await readdir(dirname(path))).filter((name) => name.includes('.torn-'));
        const kept = await Promise.all(torn.map(async (name) => readFile(join(dirname(path), name))));
        expect(Buffer.concat(kept)).toEqual(harmed.subarray(content.validBytes));
      },
    ),
    { numRuns: RUNS },
  );
});
