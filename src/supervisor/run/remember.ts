import { historyOf } from '../../core/report/history.js';
import { writeHistory } from '../../store/runs/history-file.js';
import { errorText } from './error-text.js';
import type { Run } from './run.js';

/** Adds a finished run to the repository's history, which is used for time estimates. Errors are only logged. */
export async function remember(run: Run): Promise<void> {
  try {
    await writeHistory(run.home, historyOf(run.plan, run.ledger.state));
  } catch (error) {
    run.log(`history not written: ${errorText(error)}`);
  }
}
