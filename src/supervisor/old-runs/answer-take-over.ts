import { reportError } from '../../core/text/report-error.js';
import { openRepository } from '../../git/door/repository.js';
import { takeOverOldRuns } from './take-over-old-runs.js';

/**
 * Takes over the runs of an earlier version in the checkout `root`. If that fails, prints the error as JSON and returns
 * 1.
 */
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
