import { grownPlan } from '../../core/plan/grown-plan.js';
import type { Plan } from '../../core/plan/plan.js';
import type { JournalRecord } from '../../core/run/events.js';
import { replayOn, type Replayed } from '../../core/run/replay.js';
import { runFlag, type RunFlag } from '../../core/run/run-flag.js';
import type { RunState } from '../../core/run/run-state.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { fileVersion } from '../../store/files/file-version.js';
import { emptyTimeline, extendTimeline, type Timeline } from '../../core/report/timeline.js';
import { runPaths, type RunHome } from '../../store/files/paths.js';
import { JournalReader } from '../../store/journal/journal-reader.js';
import { readLock, type LockState } from '../../store/lock/lock-state.js';
import { listRuns, readPlan } from '../../store/runs/runs.js';

/** A run as read from its files: the plan, the state from its journal, and whether its supervisor is running. */
export interface LoadedRun {
  readonly plan: Plan;
  readonly records: readonly JournalRecord[];
  readonly state: RunState;
  readonly ownerPid: number | null;
  readonly ownerAlive: boolean;
}

/**
 * Reads the files of a repository's runs for one call, or for a caller that polls. The lock and the list of runs are read
 * once until `lookAgain`; a plan is parsed again only if its file changed, and of a journal only new records are read.
 */
export class RunFiles {
  private lockRead: Promise<LockState> | null = null;
  private listRead: Promise<string[]> | null = null;
  private readonly runs = new Map<string, RunOnDisk>();

  constructor(readonly home: RunHome) {}

  /** Forgets the lock and the list of runs, so that they are read again. */
  lookAgain(): void {
    this.lockRead = null;
    this.listRead = null;
  }

  async lock(): Promise<LockState> {
    return (this.lockRead ??= readLock(this.home, processProbe));
  }

  /** Ids of all runs, newest first. */
  async list(): Promise<readonly string[]> {
    return (this.listRead ??= listRuns(this.home));
  }

  /** The flag of a command about this run: none where the repository has no other. */
  async flagOf(runId: string): Promise<RunFlag> {
    return runFlag(runId, (await this.list()).length <= 1);
  }

  /** Throws O8Error `no_run`, `journal_damaged`. */
  async plan(runId: string): Promise<Plan> {
    return this.onDisk(runId).plan();
  }

  /** Throws O8Error `no_run`, `journal_damaged`. */
  async load(runId: string): Promise<LoadedRun> {
    const plan = await this.plan(runId);
    // The lock first: a run that ends between the two reads is then read as finished, not as interrupted.
    const lock = await this.lock();
    const { records, state } = await this.onDisk(runId).replayed(plan);
    const ownerAlive = lock.kind === 'held' && lock.holder.runId === runId;
    const ownerPid = ownerAlive ? lock.holder.process.pid : (state.owner?.pid ?? null);
    return { plan: grownPlan(plan, state.added), records, state, ownerPid, ownerAlive };
  }

  /** The timeline of a run that was loaded here; folds only the records that are new since the last call. */
  timeline(run: Pick<LoadedRun, 'plan' | 'records'>): Timeline {
    return this.onDisk(run.plan.runId).timeline(run);
  }

  private onDisk(runId: string): RunOnDisk {
    const known = this.runs.get(runId) ?? new RunOnDisk(this.home, runId);
    this.runs.set(runId, known);
    return known;
  }
}

/** Of a server that answers many calls; what they hold is checked against the files at each call. */
const kept = new Map<string, RunFiles>();

/**
 * The caller's own `RunFiles` if it passes them, else those of the last call in this process: what has not changed is not
 * read again.
 */
export function keptRunFiles(context: { readonly files?: RunFiles }, home: RunHome): RunFiles {
  const own = context.files?.home.folder === home.folder ? context.files : undefined;
  const files = own ?? kept.get(home.folder) ?? new RunFiles(home);
  if (own === undefined) kept.set(home.folder, files);
  files.lookAgain();
  return files;
}

class RunOnDisk {
  private planRead: { readonly version: string; readonly plan: Plan } | null = null;
  private known: Replayed | null = null;
  private folded: { readonly timeline: Timeline; readonly records: readonly JournalRecord[] } | null = null;
  private readonly journal: JournalReader;

  constructor(
    private readonly home: RunHome,
    private readonly runId: string,
  ) {
    this.journal = new JournalReader(runPaths(home, runId).journal);
  }

  async plan(): Promise<Plan> {
    const version = await fileVersion(runPaths(this.home, this.runId).plan);
    if (this.planRead !== null && this.planRead.version === version) return this.planRead.plan;
    const plan = await readPlan(this.home, this.runId);
    this.planRead = version === null ? null : { version, plan };
    return plan;
  }

  async replayed(plan: Plan): Promise<Replayed> {
    this.known = replayOn(this.known, plan, await this.journal.records());
    return this.known;
  }

  timeline({ plan, records }: Pick<LoadedRun, 'plan' | 'records'>): Timeline {
    const count = this.folded?.records.length ?? 0;
    const isMore = this.folded !== null && this.folded.records[count - 1] === records[count - 1];
    const before =
      isMore && this.folded !== null ? this.folded.timeline : emptyTimeline(plan.tasks.map(({ id }) => id));
    this.folded = { timeline: extendTimeline(before, isMore ? records.slice(count) : records), records };
    return this.folded.timeline;
  }
}
