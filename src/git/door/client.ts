import { simpleGit, type SimpleGit } from 'simple-git';
import { shellQuote } from '../../core/base/shell-quote.js';
import { O8Error } from '../../core/base/errors.js';
import { FIXED_CONFIG, gitEnvironment } from './environment.js';
import { plainGit, printable } from './execute.js';
import { protection } from '../settings/protection.js';

/** git through simple-git, for infrequent reads with text output. */
export interface GitClient {
  /** Standard output; a non-zero exit is O8Error `git_failed`. */
  read(args: readonly string[]): Promise<string>;
}

const BLOCKED_MS = 120_000; // without output; these reads take milliseconds

/**
 * A client for one folder. simple-git treats a non-zero exit with an empty stderr as success (a false `merge-base
 * --is-ancestor`, a conflicting `merge-tree`); here every non-zero exit rejects.
 */
export function gitClient(cwd: string): GitClient {
  return {
    async read(args) {
      const environment = { ...gitEnvironment(process.env), ...(await protection(cwd, plainGit)) };
      try {
        return await clientIn(cwd, environment).raw([...args]);
      } catch (error) {
        const said = printable(error instanceof Error ? error.message : String(error));
        const message = `git ${args[0] ?? ''} failed in ${cwd}: ${said}`;
        throw new O8Error('git_failed', message, `git -C ${shellQuote(cwd)} status`);
      }
    },
  };
}

function clientIn(cwd: string, environment: Record<string, string>): SimpleGit {
  return simpleGit({
    baseDir: cwd,
    config: [...FIXED_CONFIG],
    completion: { onClose: true, onExit: false },
    timeout: { block: BLOCKED_MS },
    errors: (error, result) => {
      if (error !== undefined || result.exitCode === 0) return error;
      const said = Buffer.concat([...result.stdErr, ...result.stdOut]).toString('utf8');
      return new Error(`exit ${result.exitCode}: ${said.trim()}`);
    },
    allowEnvironment: Object.keys(environment).filter((name) => name.startsWith('GIT_')),
    // simple-git forbids these unless allowed: the fixed settings, GIT_EDITOR, and the paths of the user's
    // configuration.
    unsafe: {
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeEditor: true,
      allowUnsafeConfigPaths: true,
    },
  }).env(environment);
}
