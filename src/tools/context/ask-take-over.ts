import { o8, textSchema } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import * as z from 'zod';
import { O8Error, type ErrorCode } from '../../core/base/errors.js';
import type { Repository } from '../../git/door/repository.js';
import { livingAttempts } from '../../process/attempts/living-attempts.js';
import { bundledProgram } from '../../process/base/bundle.js';
import { runProgram } from '../../process/programs/run-program.js';
import { checkoutPaths, homePaths, runHome, type RunHome } from '../../store/files/paths.js';
import { hasOldRuns, linkNote, oldHomeLink } from '../../store/old-runs/old-home.js';

/** Moving is a rename, but between two file systems the runs of months are copied. */
const TIMEOUT_MS = 30 * 60_000;

const refusalSchema = z.object({ code: z.string(), message: textSchema, hint: textSchema });

/**
 * Starts the supervisor's program to move the runs that an earlier version kept in the checkout `root` into the git folder.
 * Usually there are none. Throws O8Error `locked` or `lock_unknown` while a supervisor of that version may be running,
 * `refused` for run files that came with a commit.
 */
export async function askTakeOver(repo: Repository, root: string): Promise<void> {
  if (!(await isLeft(checkoutPaths(root).oldHome, runHome(repo)))) return;
  const argv = [process.execPath, bundledProgram('supervisor.js'), '--take-over', '--root', root];
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const { code, outputTail } = await runProgram(argv, { cwd: root, env, timeoutMs: TIMEOUT_MS, logFile: null });
  if (code !== 0) throw refusalOf(outputTail, root);
}

async function isLeft(old: RunHome, home: RunHome): Promise<boolean> {
  const { runsDir } = homePaths(home);
  if ((await oldHomeLink(old, home)) !== null) return (await livingAttempts(runsDir)).length === 0;
  return existsSync(linkNote(old, home)) || (await hasOldRuns(old));
}

function refusalOf(output: string, root: string): O8Error {
  const last = output.trim().split('\n').at(-1) ?? '';
  try {
    const { code, message, hint } = refusalSchema.parse(JSON.parse(last));
    return new O8Error(code as ErrorCode, message, hint);
  } catch {
    const message = `Could not move the runs of an earlier version from ${root}/.claude/parallel: ${last}`;
    return new O8Error('supervisor_failed', message, o8('doctor'));
  }
}
