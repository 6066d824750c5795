import { o8, text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { printable } from '../../core/text/untrusted-text.js';
import { movedFrom } from '../../git/settings/pin.js';
import type { RunHome } from '../../store/files/paths.js';
import type { LoadedRun } from './run-files.js';

/**
 * A run whose worktrees still hold work cannot continue after the repository was moved: git, the plan and the agent
 * sessions contain their old paths. O8Error `refused` with the command that moves the repository back.
 */
export function refuseMoved(home: RunHome, { plan, state, ownerAlive }: LoadedRun): void {
  if (ownerAlive) return;
  const commonDir = dirname(home.folder);
  const was = movedFrom(commonDir);
  if (was === null) return;
  const hasWork = [...state.tasks.values()].some((task) => task.start !== null && task.state.state !== 'complete');
  if (!hasWork) return;
  const [old, now] = [checkoutOf(was), checkoutOf(commonDir)];
  const aside = existsSync(old) ? `mv ${shellQuote(old)} ${shellQuote(`${old}.other`)} && ` : '';
  throw new O8Error(
    'refused',
    `The repository was moved from ${printable(old)} to ${printable(now)} after run ${plan.runId} began; the run's worktrees are tied to the old path.`,
    text`${aside}mv ${shellQuote(now)} ${shellQuote(old)} && cd ${shellQuote(old)} && ${o8('status')}`,
  );
}

function checkoutOf(commonDir: string): string {
  return basename(commonDir) === '.git' ? dirname(commonDir) : commonDir;
}
