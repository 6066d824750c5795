import { spawnSync } from 'node:child_process';

export interface GitOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs git in a folder of a test's, without the machine's own settings and hooks. For its exit code. */
export function scratchGit(cwd: string, args: readonly string[], input = ''): GitOutcome {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: cwd,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.invalid',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.invalid',
    LC_ALL: 'C',
  };
  const { status, stdout, stderr } = spawnSync('git', ['-c', 'gc.auto=0', ...args], {
    cwd,
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, stdout, stderr };
}

/** The same, where only success is expected: standard output without its last line end. */
export function gitOutput(cwd: string, args: readonly string[], input = ''): string {
  const { code, stdout, stderr } = scratchGit(cwd, args, input);
  if (code !== 0) throw new Error(`git ${args.join(' ')} in ${cwd}: ${stderr}${stdout}`);
  return stdout.replace(/\n$/, '');
}
