import { readFile } from 'node:fs/promises';
import { historyRecordSchema, withRun, type HistoryRecord } from '../core/history.js';
import { makePrivateFolder, writeFileAtomically } from './atomic-file.js';
import { repositoryPaths } from './paths.js';
import { systemCode } from './system-error.js';

/** Years of use, and read in milliseconds. */
const MOST_RECORDS = 5000;

/** What is remembered of finished runs, oldest first. A line that cannot be read (a newer o8 wrote it) is left out. */
export async function readHistory(root: string): Promise<HistoryRecord[]> {
  let text;
  try {
    text = await readFile(repositoryPaths(root).history, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    const record = historyRecordSchema.safeParse(parsed(line));
    return record.success ? [record.data] : [];
  });
}

/** Remembers a run, in place of what was known of it; can be repeated. */
export async function writeHistory(root: string, run: readonly HistoryRecord[]): Promise<void> {
  if (run.length === 0) return;
  const { parallelDir, history } = repositoryPaths(root);
  const records = withRun(await readHistory(root), run).slice(-MOST_RECORDS);
  await makePrivateFolder(parallelDir);
  await writeFileAtomically(history, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null; // half a line of a disk that was full; the schema refuses it
  }
}
