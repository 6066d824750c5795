import { o8, text } from '../../core/base/text.js';
import { join, sep } from 'node:path';
import { O8Error } from '../../core/base/errors.js';

/**
 * The folder that contains the runs of a repository, absolute. All checkouts share it: it is in the common git folder,
 * where `git clean` or removing a worktree does not delete it.
 */
export interface RunHome {
  readonly folder: string;
  /** Top of the checkout in use. */
  readonly root: string;
}

/** `commonDir`: the git folder that all checkouts of the repository share. */
export function runHome({ commonDir, root }: { readonly commonDir: string; readonly root: string }): RunHome {
  return { folder: join(commonDir, 'o8'), root };
}

/** o8's files in a checkout; `root` is its top, absolute. Lock and queue are copies of data in the run home. */
export function checkoutPaths(root: string) {
  const claude = join(root, '.claude');
  return {
    /** A readable copy of the lock; the files in `lockDir` decide who owns a run. */
    lock: join(claude, 'parallel.lock'),
    queue: join(claude, 'parallel-queue.json'),
    config: join(claude, 'parallel-config.json'),
    /**
     * o8's own worktrees for checks of a run. Not in the run home, because many tools ignore everything in a `.git`
     * folder.
     */
    scratch: (runId: string) => join(claude, 'worktrees', `.o8-${runId}-scratch`),
    /** The folder in which earlier versions of o8 stored their runs. */
    oldHome: { folder: join(claude, 'parallel'), root } satisfies RunHome,
  };
}

export function homePaths({ folder }: RunHome) {
  return {
    lockDir: join(folder, 'lock'),
    runsDir: join(folder, 'runs'),
    history: join(folder, 'history.jsonl'),
    /** Results of supervisor starts: lock taken, lock not taken, or failed. Later supervisors remove them. */
    starts: join(folder, 'starts'),
    start: (start: string) => join(folder, 'starts', `${start}.json`),
  };
}

/** Files of one run. Throws O8Error `no_run` if `runId` is not a valid folder name. */
export function runPaths(home: RunHome, runId: string) {
  if (!isFolderName(runId)) {
    throw new O8Error(
      'no_run',
      `${JSON.stringify(runId)} is not the id of a run.`,
      text`${o8('status')} shows the newest run.`,
    );
  }
  const dir = join(home.folder, 'runs', runId);
  return {
    dir,
    plan: below(dir, 'plan.json'),
    journal: below(dir, 'journal.jsonl'),
    requests: below(dir, 'requests'),
    tasks: below(dir, 'tasks'),
    supervisorLog: below(dir, 'supervisor.log'),
    /** What Beads was told. */
    beads: below(dir, 'beads.json'),
    /** Trial merges with an old git, which need a folder for files but no worktree. */
    scratch: below(dir, 'scratch'),
    /** Output of `setup` in this task's worktree. */
    setupLog: (task: string) => join(dir, 'tasks', task, 'setup.log'),
    /** Output of a check, by the number of its `verify_ran` record. */
    verifyLog: (number: number) => join(dir, 'verify', `${String(number)}.log`),
  };
}

/** Files of one attempt, numbered from 1. Throws O8Error `unknown_task` if `taskId` is not a valid folder name. */
export function attemptPaths(home: RunHome, runId: string, taskId: string, attempt: number) {
  if (!isFolderName(taskId)) {
    throw new O8Error(
      'unknown_task',
      `${JSON.stringify(taskId)} is not the id of a task.`,
      text`${o8('status')} lists the tasks.`,
    );
  }
  const dir = below(runPaths(home, runId).tasks, `${taskId}${sep}${String(attempt)}`);
  return {
    dir,
    prompt: below(dir, 'prompt.md'),
    output: below(dir, 'agent.jsonl'),
    errors: below(dir, 'agent.stderr'),
    log: below(dir, 'pipeline.log'),
    exit: below(dir, 'exit.json'),
  };
}

/** As `join`, for a folder that `join` has made already: these paths are made for every task at every look. */
function below(dir: string, name: string): string {
  return `${dir}${sep}${name}`;
}

/** True for one plain path segment: names come from users and models and must not contain a path. */
export function isFolderName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name) && !name.includes('..');
}
