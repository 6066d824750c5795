import { jsonValue } from '../../core/base/json-value.js';
import { errorCode } from '../../core/base/error-code.js';
import { readFile } from 'node:fs/promises';
import { historyRecordSchema, withRun, type HistoryRecord } from '../../core/report/history.js';
import { makePrivateFolder, writeFileAtomically } from '../files/atomic-file.js';
import { homePaths, type RunHome } from '../files/paths.js';

/** Enough for years of use, and read in milliseconds. */
const MOST_RECORDS = 5000;

/** The recorded finished runs, oldest first. A line that cannot be read (written by a newer o8) is skipped. */
export async function readHistory(home: RunHome): Promise<HistoryRecord[]> {
  let text;
  try {
    text = await readFile(homePaths(home).history, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    const record = historyRecordSchema.safeParse(jsonValue(line));
    return record.success ? [record.data] : [];
  });
}

/** Records a run, replacing an earlier record of it; can be repeated. */
export async function writeHistory(home: RunHome, run: readonly HistoryRecord[]): Promise<void> {
  if (run.length > 0) await replaceHistory(home, withRun(await readHistory(home), run));
}

/** Adds recorded runs from another place that are unknown here, ordered by id, which is the order of their starts. */
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
