/*
 * Writes until the file size limit it was started with (`ulimit -f`) stands in for a full disk, and reports as JSON.
 * Usage: node disk-filler.mjs <folder>
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { O8Error } from '../../../src/core/base/errors.js';
import { writeFileAtomically } from '../../../src/store/files/atomic-file.js';
import { openJournal, readJournal } from '../../../src/store/journal/journal.js';

const folder = process.argv[2] ?? '';
const lease = { runId: 'run-1', generation: 1, assertHeld: () => undefined };

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return error instanceof O8Error ? error.code : String(error);
  }
}

const path = join(folder, 'journal.jsonl');
const journal = await openJournal(path, lease);
const append = async (text: string) => codeOf(journal.append([{ type: 'run_paused', reason: text, until: null }]));
let appended = 0;
while ((await append('x'.repeat(3_000))) === 'done') appended += 1;
const size = statSync(path).size;
const small = await append('');

const file = join(folder, 'state.json');
await writeFileAtomically(file, 'before');
const replaced = await codeOf(writeFileAtomically(file, 'y'.repeat(1_000_000)));

const { records, tornBytes } = await readJournal(path);
const report = {
  appended,
  size,
  small,
  replaced,
  text: readFileSync(file, 'utf8'),
  records: records.length,
  tornBytes,
};
process.stdout.write(JSON.stringify(report));
