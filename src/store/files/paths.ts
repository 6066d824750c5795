import { join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';

/**
 * The folder in which the runs of a repository are kept, absolute: one for all its checkouts, in the git folder that
 * they share, where neither `git clean` nor a removed worktree takes it away.
 */
export interface RunHome {
  readonly folder: string;
  /** Top of the checkout from which it is seen. */
  readonly root: string;
}

/** `commonDir`: the git folder that all checkouts of the repository share. */
export function runHome({ commonDir, root }: { readonly commonDir: string; readonly root: string }): RunHome {
  return { folder: join(commonDir, 'o8'), root };
}

/** What o8 keeps in a checkout; `root` is its top, absolute. Lock and queue mirror what is in the run home. */
export function checkoutPaths(root: string) {
  const claude = join(root, '.claude');
  return {
    /** The lock as people read it; who owns a run is decided in `lockDir`. */
    lock: join(claude, 'parallel.lock'),
    queue: join(claude, 'parallel-queue.json'),
    config: join(claude, 'parallel-config.json'),
    /** Worktrees of o8's own, for checks of a run. Not in the run home: many tools ignore whatever is in a `.git`. */
    scratch: (runId: string) => join(claude, 'worktrees', `.o8-${runId}-scratch`),
    /** Where earlier versions of o8 kept their runs. */
    oldHome: { folder: join(claude, 'parallel'), root } satisfies RunHome,
  };
}

export function homePaths({ folder }: RunHome) {
  return {
    lockDir: join(folder, 'lock'),
    runsDir: join(folder, 'runs'),
    history: join(folder, 'history.jsonl'),
    /** How the start of a supervisor went: won, lost or failed. Later supervisors remove it. */
    starts: join(folder, 'starts'),
    start: (start: string) => join(folder, 'starts', `${start}.json`),
  };
}

/** Files of one run. Throws O8Error `no_run` when `runId` cannot be the name of a run's folder. */
export function runPaths(home: RunHome, runId: string) {
  if (!isFolderName(runId)) {
    throw new O8Error('no_run', `${JSON.stringify(runId)} is not the id of a run.`, 'o8 status shows the newest run.');
  }
  const dir = join(homePaths(home).runsDir, runId);
  return {
    dir,
    plan: join(dir, 'plan.json'),
    journal: join(dir, 'journal.jsonl'),
    requests: join(dir, 'requests'),
    tasks: join(dir, 'tasks'),
    supervisorLog: join(dir, 'supervisor.log'),
    /** Trial merges of old gits, which have a folder for files and no worktree. */
    scratch: join(dir, 'scratch'),
    /** What `setup` said in the worktree of this task. */
    setupLog: (task: string) => join(dir, 'tasks', task, 'setup.log'),
    /** What a check said, by the number of its `verify_ran` record. */
    verifyLog: (number: number) => join(dir, 'verify', `${String(number)}.log`),
  };
}

/** Files of one attempt, numbered from 1. Throws O8Error `unknown_task` when `taskId` cannot be a folder's name. */
export function attemptPaths(home: RunHome, runId: string, taskId: string, attempt: number) {
  if (!isFolderName(taskId)) {
    throw new O8Error(
      'unknown_task',
      `${JSON.stringify(taskId)} is not the id of a task.`,
      'o8 status lists the tasks.',
    );
  }
  const dir = join(runPaths(home, runId).tasks, taskId, String(attempt));
  return {
    dir,
    prompt: join(dir, 'prompt.md'),
    output: join(dir, 'agent.jsonl'),
    errors: join(dir, 'agent.stderr'),
    log: join(dir, 'pipeline.log'),
    exit: join(dir, 'exit.json'),
  };
}

/** One plain path segment: names come from users and models, and must not lead anywhere else. */
export function isFolderName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name) && !name.includes('..');
}
