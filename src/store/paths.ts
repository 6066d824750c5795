import { join } from 'node:path';
import { O8Error } from '../core/errors.js';

/** Where the run state of a repository lives; `root` is the absolute path of the main checkout. */
export function repositoryPaths(root: string) {
  const claude = join(root, '.claude');
  const parallelDir = join(claude, 'parallel');
  return {
    /** The lock as people read it; who owns a run is decided in `lockDir`. */
    lock: join(claude, 'parallel.lock'),
    queue: join(claude, 'parallel-queue.json'),
    config: join(claude, 'parallel-config.json'),
    parallelDir,
    lockDir: join(parallelDir, 'lock'),
    runsDir: join(parallelDir, 'runs'),
    history: join(parallelDir, 'history.jsonl'),
    /** The file to make the repository's critical section from. */
    guard: join(parallelDir, 'guard'),
  };
}

/** Files of one run. Throws O8Error `no_run` when `runId` cannot be the name of a run's folder. */
export function runPaths(root: string, runId: string) {
  if (!isFolderName(runId)) {
    throw new O8Error('no_run', `${JSON.stringify(runId)} is not the id of a run.`, 'o8 status shows the newest run.');
  }
  const dir = join(repositoryPaths(root).runsDir, runId);
  return {
    dir,
    plan: join(dir, 'plan.json'),
    journal: join(dir, 'journal.jsonl'),
    requests: join(dir, 'requests'),
    tasks: join(dir, 'tasks'),
    /** How the start of a supervisor with this pid ended: won, lost or failed. Whoever started it removes it. */
    start: (pid: number) => join(dir, `start-${String(pid)}.json`),
    supervisorLog: join(dir, 'supervisor.log'),
    /** Worktrees of o8's own: trial merges, checks. */
    scratch: join(dir, 'scratch'),
    /** What `setup` said in the worktree of this task. */
    setupLog: (task: string) => join(dir, 'tasks', task, 'setup.log'),
    /** What a check said, by the number of its `verify_ran` record. */
    verifyLog: (number: number) => join(dir, 'verify', `${String(number)}.log`),
  };
}

/** Files of one attempt, numbered from 1. Throws O8Error `unknown_task` when `taskId` cannot be a folder's name. */
export function attemptPaths(root: string, runId: string, taskId: string, attempt: number) {
  if (!isFolderName(taskId)) {
    throw new O8Error(
      'unknown_task',
      `${JSON.stringify(taskId)} is not the id of a task.`,
      'o8 status lists the tasks.',
    );
  }
  const dir = join(runPaths(root, runId).tasks, taskId, String(attempt));
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
