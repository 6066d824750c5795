import { errorCode } from '../../core/base/error-code.js';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { supervisorStartSchema, type SupervisorStart } from '../../core/run/supervisor-start.js';
import { makePrivateFolder, readJson, writeFileAtomically } from '../files/atomic-file.js';
import { homePaths, type RunHome } from '../files/paths.js';

/**
 * The process that started the supervisor reads its answer within milliseconds; after this time (ms) it is not needed.
 */
const READ_AFTER_MS = 600_000;

/**
 * How the start of a supervisor ended, for the process that started it; `start` identifies the start. Stored beside the
 * runs, because the folder of a run that failed to start is removed first.
 */
export async function answerStart(home: RunHome, start: string, answer: SupervisorStart): Promise<void> {
  await makePrivateFolder(homePaths(home).starts);
  await writeFileAtomically(homePaths(home).start(start), `${JSON.stringify(answer)}\n`);
}

/** Null until the supervisor has answered. */
export async function readStart(home: RunHome, start: string): Promise<SupervisorStart | null> {
  return readJson(homePaths(home).start(start), supervisorStartSchema);
}

/** Removes answers that are no longer needed. */
export async function removeOldStarts(home: RunHome): Promise<void> {
  const { starts } = homePaths(home);
  const names = await readdir(starts).catch(() => []); // no supervisor was started yet
  for (const name of names) {
    try {
      if ((await stat(join(starts, name))).mtimeMs > Date.now() - READ_AFTER_MS) continue;
      await rm(join(starts, name), { force: true });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}
