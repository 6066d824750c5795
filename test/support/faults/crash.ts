import { expect } from 'vitest';
import { PLAN_DIR, type RunFixture } from '../runs/run-fixture.js';
import { waitFor } from '../waiting/wait-for.js';

/** The result of a run, independent of how it was reached. */
export interface Outcome {
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
  /** The target's files but for the plan's own: mode, kind, id and path. */
  readonly files: readonly string[];
  /** Every task each time it was merged, in order of its name. */
  readonly merged: readonly string[];
  /** What is left beside the main checkout. */
  readonly worktrees: number;
}

export async function outcomeOf(run: RunFixture): Promise<Outcome> {
  const { state, counts, target = '' } = await run.status();
  const merged = (await run.records()).flatMap(({ type, task }) => (type === 'task_merged' ? [task ?? ''] : []));
  const worktrees = await run.repository.git(['worktree', 'list', '--porcelain']);
  const files = await run.repository.git(['ls-tree', '-r', target]);
  return {
    state,
    counts,
    files: files.split('\n').filter((line) => !line.includes(`\t${PLAN_DIR}/`)),
    merged: merged.sort(),
    worktrees: worktrees.split('\n').filter((line) => line.startsWith('worktree ')).length - 1,
  };
}

/** SIGKILL to all processes of the run at once, which leaves an interrupted run. */
export async function killEverything(run: RunFixture): Promise<void> {
  const own = await run.serverPid();
  const others = async (): Promise<number[]> => (await run.processes.pids()).filter((pid) => pid !== own);
  await waitFor(
    async () => {
      const left = await others();
      left.forEach(killIfThere);
      return left.length === 0;
    },
    { timeoutMs: 20_000, what: 'everything to be dead' },
  );
  await expectInterrupted(run);
}

/** SIGKILL to the supervisor only; its shims and agents keep running. Returns its pid. */
export async function killSupervisor(run: RunFixture): Promise<number> {
  const { supervisor } = await run.status();
  if (supervisor?.alive !== true || supervisor.pid === null) throw new Error('nobody runs it');
  process.kill(supervisor.pid, 'SIGKILL');
  await expectInterrupted(run);
  return supervisor.pid;
}

/** Waits until the run has no supervisor, and `status` shows that with the command to continue. */
async function expectInterrupted(run: RunFixture): Promise<void> {
  await waitFor(async () => (await run.status()).state === 'interrupted', {
    timeoutMs: 20_000,
    what: 'the run to be interrupted',
  });
  expect(await run.status()).toMatchObject({
    message: 'The supervisor is not running.',
    hint: expect.stringMatching(/^\/parallel-run --resume --run \S+$/) as string,
    supervisor: { alive: false },
  });
}

/** SIGKILL to a process that may have ended since it was listed. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it was faster
  }
}
