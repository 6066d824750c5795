import { readFile } from 'node:fs/promises';
import { historyRecordSchema, withRun, type HistoryRecord } from '../../core/report/history.js';
import { makePrivateFolder, writeFileAtomically } from '../files/atomic-file.js';
import { homePaths, type RunHome } from '../files/paths.js';
import { systemCode } from '../files/system-error.js';

/** Years of use, and read in milliseconds. */
const MOST_RECORDS = 5000;

/** What is remembered of finished runs, oldest first. A line that cannot be read (a newer o8 wrote it) is left out. */
export async function readHistory(home: RunHome): Promise<HistoryRecord[]> {
  let text;
  try {
    text = await readFile(homePaths(home).history, 'utf8');
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
export async function writeHistory(home: RunHome, run: readonly HistoryRecord[]): Promise<void> {
  if (run.length > 0) await replaceHistory(home, withRun(await readHistory(home), run));
}

/** Adds what another place remembers of runs that are not known here, in the order of their ids: of their starts. */
export async function addHistory(home: RunHome, others: readonly HistoryRecord[]): Promise<void> {
  const own = await readHistory(home);
  const known = new Set(own.map(({ runId }) => runId));
  const added = others.filter(({ runId }) => !known.has(runId));
  if (added.length === 0) return;
  await replaceHistory(
    home,
    [...added, ...own].sort((a, b) => (a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0)),
  );
}

async function replaceHistory(home: RunHome, all: readonly HistoryRecord[]): Promise<void> {
  const { history } = homePaths(home);
  const records = all.slice(-MOST_RECORDS);
  await makePrivateFolder(home.folder);
  await writeFileAtomically(history, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null; // half a line of a disk that was full; the schema refuses it
  }
}
