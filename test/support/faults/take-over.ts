/* Takes over what an earlier version left in the checkout it is started in, as every command does. */
import { openRepository } from '../../../src/git/door/repository.js';
import { armFailpoint } from '../../../src/process/base/arm-failpoint.js';
import { takeOverOldRuns } from '../../../src/supervisor/old-runs/take-over-old-runs.js';

armFailpoint();
const repo = await openRepository(process.cwd());
await takeOverOldRuns(repo, repo.root);
