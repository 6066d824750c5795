import { sanitizeLine } from '../../core/text/terminal-text.js';
import { gitInTime, type GitResult } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** The remote did not answer, or not like a remote. */
export interface Unreachable {
  readonly kind: 'unreachable';
  readonly why: string;
}

/** A remote's branch, without `refs/heads/`. */
export interface RemoteBranch {
  readonly remote: string;
  readonly branch: string;
}

/** A large first push or fetch takes minutes; one that takes longer hangs. */
const ANSWER_MS = 5 * 60_000;
/** Git gives up by itself when a server sends nothing for this long (seconds). */
const SILENT = ['http.lowSpeedLimit=1', 'http.lowSpeedTime=30'];

/** Runs a git that talks to a remote; null when it took too long. It has no terminal that could ask for a password. */
export async function askRemote(repo: Repository, args: readonly string[]): Promise<GitResult | null> {
  return gitInTime(args, { cwd: repo.root, config: SILENT, timeoutMs: ANSWER_MS });
}

/** The last line of what git said, safe to print. */
export function unreachable(result: GitResult | null): Unreachable {
  const lines = (result?.stderr ?? '').split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.find((line) => line.startsWith('fatal: ')) ?? lines.at(-1);
  return {
    kind: 'unreachable',
    why: result === null ? 'no answer within 5 min' : sanitizeLine(fatal ?? 'git said nothing'),
  };
}
