import { appendFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { O8Error } from '../../../src/core/base/errors.js';
import type { JournalRecord, RunEvent } from '../../../src/core/run/events.js';
import { openJournal, readJournal } from '../../../src/store/journal/journal.js';
import { JournalReader } from '../../../src/store/journal/journal-reader.js';
import { decodeJournal, encodeRecords, EMPTY_CHAIN } from '../../../src/store/journal/journal-format.js';
import { safeLease, temporaryRoot } from '../../support/runs/store-fixture.js';

const EVENTS: RunEvent[] = [
  { type: 'run_created', runId: 'run-1' },
  { type: 'owner_changed', pid: 4711, generation: 1 },
  { type: 'task_failed', task: 'task-001', reason: 'exit_7', message: 'Größe — 日本語 🎛 "quoted" \\ \n second line' },
  { type: 'task_blocked', task: 'task-002', by: ['task-001'] },
  { type: 'run_finished', state: 'failed' },
];

async function journalPath(): Promise<string> {
  return join(await temporaryRoot(), 'run', 'journal.jsonl');
}

async function writtenJournal(): Promise<{ path: string; bytes: Buffer; ends: number[] }> {
  const path = await journalPath();
  const journal = await openJournal(path, safeLease);
  await journal.append(EVENTS.slice(0, 2));
  await journal.append(EVENTS.slice(2));
  await journal.close();
  const bytes = await readFile(path);
  const ends = [...bytes.entries()].flatMap(([index, byte]) => (byte === 0x0a ? [index + 1] : []));
  return { path, bytes, ends };
}

describe('a reader that looks again and again', () => {
  it('has what a reader has who comes then, at every cut, and keeps the records that it had', async () => {
    const { path, bytes } = await writtenJournal();
    const reader = new JournalReader(path);
    let before: readonly JournalRecord[] = [];
    for (let size = 0; size <= bytes.length; size += 7) {
      await writeFile(path, bytes.subarray(0, size));
      const now = await reader.records();
      expect(now).toEqual((await readJournal(path)).records);
      for (const [index, record] of before.entries()) expect(now[index]).toBe(record);
      before = now;
    }
  });

  it('starts anew where the owner took back what it could not write completely', async () => {
    const { path, bytes, ends } = await writtenJournal();
    const reader = new JournalReader(path);
    expect(await reader.records()).toHaveLength(5);
    await truncate(path, ends[1]);
    expect(await reader.records()).toHaveLength(2);
    await writeFile(path, bytes);
    expect(await reader.records()).toHaveLength(5);
    await truncate(path, ends[1]);
    const journal = await openJournal(path, safeLease);
    const other: RunEvent[] = Array.from({ length: 5 }, () => ({ type: 'run_resumed' }));
    await journal.append(other); // longer than what it had before
    await journal.close();
    expect((await reader.records()).map(({ event }) => event)).toEqual([...EVENTS.slice(0, 2), ...other]);
    await appendFile(path, 'damage\n');
    await expect(reader.records()).rejects.toMatchObject({ code: 'journal_damaged' });
    await rm(path);
    expect(await reader.records()).toEqual([]);
  });
});

describe('the journal', () => {
  it('gives back what was appended, numbered without gaps, also after it is opened again', async () => {
    const { path, ends } = await writtenJournal();
    expect(ends).toHaveLength(EVENTS.length);
    const { records, tornBytes } = await readJournal(path);
    expect(tornBytes).toBe(0);
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(records.map(({ event }) => event)).toEqual(EVENTS);

    const again = await openJournal(path, safeLease);
    expect(again.records).toEqual(records);
    const [added] = await again.append([{ type: 'run_resumed' }]);
    expect(added?.seq).toBe(6);
    await again.close();
    expect((await readJournal(path)).records).toEqual([...records, added]);
  });

  it('is one JSON object a line with a version, and only the user can read it', async () => {
    const { path, bytes } = await writtenJournal();
    for (const line of bytes.toString().trimEnd().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ version: 1, crc: expect.stringMatching(/^[0-9a-f]{8}$/) as string });
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is empty for readers while there is no file, and reading makes none', async () => {
    const path = await journalPath();
    expect(await readJournal(path)).toEqual({ records: [], tornBytes: 0 });
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps the order of groups that are appended at the same time', async () => {
    const path = await journalPath();
    const journal = await openJournal(path, safeLease);
    const groups = await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        journal.append([
          { type: 'task_aborted', task: `a-${n}` },
          { type: 'task_aborted', task: `b-${n}` },
        ]),
      ),
    );
    await journal.close();
    expect((await readJournal(path)).records).toEqual(groups.flat());
    expect(groups.map(([first]) => first?.seq)).toEqual(Array.from({ length: 20 }, (_, n) => 2 * n + 1));
  });

  it('repairs a record torn at any byte and keeps what it removed', async () => {
    const { path, bytes, ends } = await writtenJournal();
    const last = ends.at(-2) ?? 0;
    for (let size = last + 1; size < bytes.length; size += 1) {
      await writeFile(path, bytes.subarray(0, size));
      const before = await readdir(join(path, '..'));
      const read = await readJournal(path);
      expect(read.tornBytes).toBe(size - last);
      expect(read.records).toHaveLength(EVENTS.length - 1);
      // Readers repair nothing.
      expect(await readFile(path)).toEqual(bytes.subarray(0, size));
      expect(await readdir(join(path, '..'))).toEqual(before);

      const journal = await openJournal(path, safeLease);
      expect(journal.records).toHaveLength(EVENTS.length - 1);
      await journal.append(EVENTS.slice(-1));
      await journal.close();
      expect((await readJournal(path)).records.map(({ event }) => event)).toEqual(EVENTS);
      const kept = `${path}.torn-${size - last}`;
      expect(await readFile(kept)).toEqual(bytes.subarray(last, size));
      expect((await stat(kept)).mode & 0o777).toBe(0o600);
    }
  });

  it('is a valid beginning of itself when it is cut at any byte', async () => {
    const { bytes, ends } = await writtenJournal();
    for (let size = 0; size <= bytes.length; size += 1) {
      const content = decodeJournal(bytes.subarray(0, size));
      const complete = ends.filter((end) => end <= size);
      expect(content).toMatchObject({ kind: 'valid', validBytes: complete.at(-1) ?? 0 });
      expect(content.kind === 'valid' && content.records).toHaveLength(complete.length);
    }
  });

  it('refuses every changed byte with the number of its record, or takes an unfinished last line as torn', async () => {
    const { bytes, ends } = await writtenJournal();
    for (let index = 0; index < bytes.length; index += 1) {
      const record = ends.findIndex((end) => index < end) + 1;
      for (const mask of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[index] = (bytes[index] ?? 0) ^ mask;
        const content = decodeJournal(changed);
        if (index === bytes.length - 1) {
          expect(content).toMatchObject({ kind: 'valid', validBytes: ends.at(-2) });
        } else {
          expect(content, `byte ${index} with mask ${mask}`).toMatchObject({ kind: 'damaged', record });
        }
      }
    }
  });

  it.each([
    ['dropped', ([first, , third]: string[]) => [first, third]],
    ['repeated', ([first, second]: string[]) => [first, first, second]],
    ['exchanged', ([first, second]: string[]) => [second, first]],
  ])('refuses a journal with a %s record', async (_, change) => {
    const { path, bytes } = await writtenJournal();
    const lines = bytes.toString().split('\n');
    await writeFile(path, `${change(lines).join('\n')}\n`);
    await expect(readJournal(path)).rejects.toMatchObject({ code: 'journal_damaged' });
  });

  it('names the damaged record and changes nothing when it is opened', async () => {
    const { path, bytes, ends } = await writtenJournal();
    const damaged = Buffer.from(bytes);
    damaged[(ends[0] ?? 0) + 5] = 0x58;
    await writeFile(path, damaged);
    await expect(readJournal(path)).rejects.toThrow(`Record 2 of ${path} is damaged`);
    await expect(openJournal(path, safeLease)).rejects.toThrow(`Record 2 of ${path} is damaged`);
    expect(await readFile(path)).toEqual(damaged);
  });

  it('refuses a record of another version of o8, whose checksum is right', async () => {
    const path = await journalPath();
    const journal = await openJournal(path, safeLease);
    await journal.close();
    const { text } = encodeRecords([{ type: 'run_resumed' }], 'tomorrow', EMPTY_CHAIN);
    await writeFile(path, text);
    await expect(readJournal(path)).rejects.toThrow('its format is not supported by this version of o8');
  });

  it('writes nothing once the lease is lost', async () => {
    const path = await journalPath();
    let lost = false;
    const assertHeld = (): void => {
      if (lost) throw new O8Error('lease_lost', 'taken over', 'o8 status');
    };
    const journal = await openJournal(path, { runId: 'run-1', generation: 1, assertHeld });
    await journal.append([{ type: 'run_resumed' }]);
    const before = await readFile(path);
    lost = true;
    await expect(journal.append([{ type: 'run_resumed' }])).rejects.toMatchObject({ code: 'lease_lost' });
    await journal.close();
    expect(await readFile(path)).toEqual(before);
    await truncate(path, before.length - 1);
    await expect(openJournal(path, { runId: 'run-1', generation: 1, assertHeld })).rejects.toMatchObject({
      code: 'lease_lost',
    });
    expect(await readFile(path)).toEqual(before.subarray(0, -1));
  });

  it('appends nothing behind what another process wrote', async () => {
    const path = await journalPath();
    const journal = await openJournal(path, safeLease);
    await journal.append([{ type: 'run_resumed' }]);
    await appendFile(path, 'x');
    await expect(journal.append([{ type: 'run_resumed' }])).rejects.toMatchObject({ code: 'journal_damaged' });
    await expect(journal.append([{ type: 'run_resumed' }])).rejects.toMatchObject({ code: 'journal_damaged' });
    await journal.close();
  });
});
