import { reportError } from '../../core/text/report-error.js';
import { openRepository } from '../../git/door/repository.js';
import { takeOverOldRuns } from './take-over-old-runs.js';

/** Takes over what an earlier version left in the checkout `root`. On stdout, where it cannot: the error as JSON, and 1. */
export async function answerTakeOver(root: string): Promise<number> {
  try {
    const repo = await openRepository(root);
    await takeOverOldRuns(repo, root);
    return 0;
  } catch (error) {
    const { code, message, hint } = reportError(error);
    process.stdout.write(`${JSON.stringify({ code, message, hint })}\n`);
    return 1;
  }
}
