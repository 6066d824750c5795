import { gitInTime, printable, type GitResult } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** The remote did not answer, did not let us in, or is none. Later may be better. */
export interface Unreachable {
  readonly kind: 'unreachable';
  readonly why: string;
}

/** A remote's branch, without `refs/heads/`. */
export interface RemoteBranch {
  readonly remote: string;
  readonly branch: string;
}

/** A large first push or fetch takes minutes, and so may the user's pre-push hook; one that takes longer hangs. */
const ANSWER_MS = 10 * 60_000;
/** Nothing asks for a password. Git gives up by itself when a server sends nothing for this long (seconds). */
const CONFIG = ['credential.interactive=false', 'core.askPass=', 'http.lowSpeedLimit=1', 'http.lowSpeedTime=30'];
/** How the user's shell lets git reach remotes; the rest of its GIT_ variables redirect git and are left out. */
const TRANSPORT = /^GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|PROXY_COMMAND|PROXY_SSL_\w+|SSL_\w+)$/;

/** Git's exit code when it could not talk to the remote at all. */
export const NOT_REACHED = 128;

/** Runs a git that talks to a remote; null when it took too long. It has no terminal that could ask for a password. */
export async function askRemote(
  repo: Repository,
  args: readonly string[],
  config: readonly string[] = [],
): Promise<GitResult | null> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => TRANSPORT.test(entry[0]) && entry[1] !== undefined,
    ),
  );
  return gitInTime(args, { cwd: repo.root, config: [...CONFIG, ...config], env, timeoutMs: ANSWER_MS });
}

export function unreachable(result: GitResult | null): Unreachable {
  return { kind: 'unreachable', why: result === null ? 'no answer within 10 min' : lastWords(result) };
}

/** What git or the remote said, in one line that is safe to print: the fatal one, or the last before git's own summary. */
export function lastWords({ stderr }: GitResult): string {
  const lines = printable(stderr)
    .split('\n')
    .map((line) => withoutPassword(line.trim()))
    .filter((line) => line !== '' && !line.startsWith('hint: ') && !/^(error: failed to push|To )/.test(line));
  return (
    lines.find((line) => line.startsWith('fatal: '))?.slice('fatal: '.length) ?? lines.at(-1) ?? 'git said nothing'
  );
}

/** An address may have one. */
function withoutPassword(line: string): string {
  return line.replace(/(:\/\/)[^\s/@]+@/g, '$1');
}
