import { o8 } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { O8Error } from '../../core/base/errors.js';
import type { Plan } from '../../core/plan/plan.js';
import { growPlan } from '../../core/plan/grown-plan.js';
import { redactor, secretValues, type Redactor } from '../../core/text/redact.js';
import { guardFile } from '../../git/door/guard-file.js';
import { createRef, resolveCommit } from '../../git/refs/refs.js';
import { pinHooks, settleHooks } from '../../git/surroundings/hook-memory.js';
import { pinSettings, settleSettings } from '../../git/surroundings/pin-settings.js';
import { openRepository, type Repository } from '../../git/door/repository.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { criticalSection } from '../../store/files/critical-section.js';
import { journalSize, openJournal } from '../../store/journal/journal.js';
import { acquireLock } from '../../store/lock/lock.js';
import type { LockHolder } from '../../store/lock/lock-state.js';
import type { OwnedLease } from '../../store/lock/owned-lease.js';
import { runHome, runPaths, type RunHome } from '../../store/files/paths.js';
import { listRuns, readPlan, removeOldRuns, removeRun } from '../../store/runs/runs.js';
import { answerStart, removeOldStarts } from '../../store/runs/start-answers.js';
import { adoptEarlierWork } from '../attempts/adopt-earlier-work.js';
import { errorText } from '../run/error-text.js';
import { Interrupts } from '../run/interrupts.js';
import { endCommandsOfRun } from '../run/commands-of-run.js';
import { awaitEarlierCalls, markOfCalls } from '../run/calls-of-run.js';
import { openLedger } from '../run/ledger.js';
import { forgetPinsOfComplete } from '../run/pins.js';
import type { Run } from '../run/run.js';
import { beadsOfRun, type QueueLink } from '../beads/beads-of-run.js';
import { outsideOf } from './outside-of-run.js';
import { Supervisor } from './supervise.js';
import { Turns } from '../run/turns.js';
import { VerifyNumbers } from '../run/verify-numbers.js';
import { voidAttempts } from '../attempts/void-attempts.js';
import { unlockAllWithoutAgent } from '../attempts/worktree-lock.js';
import { makeRoom, type RoomMade } from '../attempts/make-room.js';
import { stopReplacedRun } from '../attempts/stop-replaced-run.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { pullRemote, targetOf } from '../../core/plan/target.js';
import type { Forge } from '../../core/forge/forge.js';
import { PullDesk } from '../pulls/pull-desk.js';
import type { Place } from '../../core/run/place.js';

const RUNS_KEPT = 20; // enough history without using much disk space

/** Where attempts run, and where pull requests of a repository are opened. */
export interface Places {
  readonly place: Place;
  readonly forgeAt: (
    repo: Repository,
    remote: string,
    o: { readonly env: NodeJS.ProcessEnv; readonly redact: Redactor },
  ) => Promise<Forge>;
}

export interface OwnRunOptions {
  readonly root: string;
  readonly runId: string;
  /** The name of this start; its result is written under it. */
  readonly start: string;
  /** The run is new: its folder is removed if it cannot start. */
  readonly isNew: boolean;
  readonly force: boolean;
  /** The lock generation of an owner that does not answer and has to be killed; null if there is none. */
  readonly replace: number | null;
}

/**
 * Takes the lock, reports to the starting process whether that succeeded, and runs the loop until the run ends.
 * Attempts run at `place`.
 */
export async function ownRun(
  options: OwnRunOptions,
  places: Places,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<void> {
  const here = await openRepository(options.root);
  const home = runHome(here);
  const plan = await readPlan(home, options.runId);
  const lock = await acquireLock({ ...home, root: plan.root }, processProbe, {
    runId: plan.runId,
    features: plan.tasks.map(({ id }) => id),
    maxConcurrency: plan.settings.maxConcurrency,
    force: options.force,
    ...(options.replace === null ? {} : { replace: options.replace }),
    killAfterMs: plan.settings.killAfter * 1000,
  });
  if (lock.kind === 'lost') {
    const { holder, why } = lock;
    await removeUnbegun(home, options);
    await answerStart(home, options.start, {
      kind: 'lost',
      pid: process.pid,
      at: new Date().toISOString(),
      holder: { pid: holder.process.pid, runId: holder.runId, startedAt: holder.startedAt, why },
    });
    log(`lock held by pid ${String(holder.process.pid)}`);
    return;
  }
  const { lease, replaced, stopped } = lock;
  let supervisor: Supervisor;
  let queue: QueueLink | null = null;
  try {
    const { run, room, pulls, goesOn } = await openRun(plan, home, here, { lease, stopped }, places, env, log);
    queue = await beadsOfRun(run, goesOn);
    const own = queue.claims === null ? run : { ...run, claims: queue.claims };
    const outside = [...queue.outside, ...outsideOf(pulls)];
    supervisor = new Supervisor(own, await isNewest(home, plan), outside, queue.listeners);
    await answerStart(home, options.start, {
      kind: 'won',
      pid: process.pid,
      at: new Date().toISOString(),
      replaced: replaced === null ? null : { pid: replaced.process.pid, runId: replaced.runId },
      ...(room.moved.length === 0 ? {} : { moved: [...room.moved] }),
      ...(room.problems.length === 0 ? {} : { problems: [...room.problems] }),
    });
    await supervisor.untilDone();
    const repo = await openRepository(options.root);
    await settleSettings(repo);
    await settleHooks(repo);
    await supervisor.tidyUp();
    await removeOldRuns(home, RUNS_KEPT, [plan.runId]);
    await removeOldStarts(home);
  } catch (error) {
    const hint = error instanceof O8Error ? error.hint : o8('logs', { run: plan.runId });
    await removeUnbegun(home, options);
    await answerStart(home, options.start, {
      kind: 'failed',
      pid: process.pid,
      at: new Date().toISOString(),
      message: errorText(error),
      hint,
    });
    throw error;
  } finally {
    queue?.close();
    await lease.release();
  }
  await supervisor.sayGoodbye(); // the next run need not wait for a slow notify command
}

async function openRun(
  plan: Plan,
  home: RunHome,
  here: Repository,
  { lease, stopped }: { readonly lease: OwnedLease; readonly stopped: LockHolder | null },
  { place, forgeAt }: Places,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<{
  readonly run: Run;
  readonly room: RoomMade;
  readonly pulls: PullDesk | null;
  /** An earlier supervisor worked on it. */
  readonly goesOn: boolean;
}> {
  const paths = runPaths(home, plan.runId);
  const repo = await startingCheckout(plan, here);
  const journal = await openJournal(paths.journal, lease);
  const ledger = openLedger(plan, journal);
  for (const task of ledger.state.added) growPlan(plan, task);
  let pulls: PullDesk | null = null;
  const run: Run = {
    get delivery() {
      return pulls;
    },
    plan,
    home,
    repo,
    lease,
    ledger,
    serialise: criticalSection(guardFile(repo)),
    env,
    redact: redactor(secretValues(env)),
    now: () => new Date(),
    log,
    interrupts: new Interrupts(),
    verifyNumbers: new VerifyNumbers(),
    removals: new Turns(),
    place,
  };
  const remote = pullRemote(targetOf(plan));
  const before = journal.records.findLast(({ event }) => event.type === 'owner_changed')?.event;
  if (journal.records.length > 0) await awaitEarlierCalls(run, before?.type === 'owner_changed' ? before.pid : null);
  const ofCalls = { redact: run.redact, env: { ...env, ...markOfCalls(run) } };
  if (remote !== null) pulls = new PullDesk(run, await forgeAt(repo, remote, ofCalls), remote);
  await pinSettings(repo);
  await pinHooks(repo);
  if (journal.records.length === 0) await ledger.record({ type: 'run_created', runId: plan.runId });
  const other = stopped === null || stopped.runId === plan.runId ? null : stopped.runId;
  const replaced = other === null ? {} : { replaced: other };
  await ledger.record({ type: 'owner_changed', pid: process.pid, generation: lease.generation, ...replaced });
  await stopReplacedRun(run);
  if (journal.records.length > 0) await endCommandsOfRun(run);
  const room = await makeRoom(run);
  await createTarget(run);
  await voidAttempts(run);
  await unlockAllWithoutAgent(run);
  await adoptEarlierWork(run);
  await forgetPinsOfComplete(run);
  return { run, room, pulls, goesOn: journal.records.length > 0 };
}

/** The checkout in which the run was started; the current one if that was removed, moved or replaced. */
async function startingCheckout({ root }: Plan, here: Repository): Promise<Repository> {
  if (root === here.root || !existsSync(root)) return here;
  try {
    const found = await openRepository(root);
    return found.commonDir === here.commonDir ? found : here;
  } catch (error) {
    if (error instanceof O8Error) return here;
    throw error;
  }
}

/** A newer run without a journal does not count: it never started, or will be told that this one got the lock. */
async function isNewest(home: RunHome, { runId }: Plan): Promise<boolean> {
  for (const other of await listRuns(home)) {
    if (other === runId) return true;
    if (await isBegun(home, other)) return false;
  }
  return true;
}

async function isBegun(home: RunHome, runId: string): Promise<boolean> {
  try {
    return (await journalSize(runPaths(home, runId).journal)) > 0;
  } catch {
    return false; // the path exists but cannot be read, so it is not an active run
  }
}

/** Creates the target at the base commit recorded in the plan. An existing base branch is its own target. */
async function createTarget(run: Run): Promise<void> {
  const { plan, ledger } = run;
  if (ledger.state.targetCreated) return;
  const { ref } = targetOf(plan);
  await run.delivery?.refresh();
  const exists = (await resolveCommit(run.repo, ref)) !== null;
  if (!exists && !(await createRef(run.repo, ref, plan.base.commit))) {
    throw new O8Error('git_failed', `could not create ${ref}`, `git for-each-ref ${shellQuote(ref)}`);
  }
  await ledger.record({ type: 'target_created', ref, commit: plan.base.commit });
}

/** A run without records never started; its folder must not look like a run that can be continued. */
async function removeUnbegun(home: RunHome, { runId, isNew }: OwnRunOptions): Promise<void> {
  if (isNew && !(await isBegun(home, runId))) await removeRun(home, runId);
}
