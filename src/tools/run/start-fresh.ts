import { joined, o8, text, type Command, type Text } from '../../core/base/text.js';
import { selectedTasks } from '../../core/plan/build-plan.js';
import { O8Error } from '../../core/base/errors.js';
import { preflightChecks } from '../../core/preflight/preflight.js';
import { refuseUntrusted } from '../../core/trust/trust-text.js';
import type { NewAttempt } from '../../core/run/new-attempt.js';
import { firstOfEachKind, warningText, type Check } from '../../core/base/check.js';
import type { Plan } from '../../core/plan/plan.js';
import type { Room } from '../../core/plan/room.js';
import type { SettingsFlags } from '../../core/settings/settings.js';
import type { Repository } from '../../git/door/repository.js';
import { ensureExcluded } from '../../git/worktrees/worktrees.js';
import type { LockState } from '../../store/lock/lock-state.js';
import { runHome } from '../../store/files/paths.js';
import { createRun, newRunId } from '../../store/runs/runs.js';
import type { ToolContext } from '../context/define-tool.js';
import { findLandedCommits } from '../plan/left-out-work.js';
import { latestRunOf } from '../context/load-run.js';
import { refuseHeld } from '../context/lock-error.js';
import { askTakeOver } from '../context/ask-take-over.js';
import { openContext } from '../context/repository-context.js';
import { refuseUnkept } from '../plan/new-attempts.js';
import { planFrom, readPlanParts, trustQuestion } from '../plan/prepare-plan.js';
import { runConsent } from '../context/read-trust.js';
import { readPreflightFacts } from '../plan/read-preflight-facts.js';
import { againCommand } from '../context/again-command.js';
import { planFlags, type Selection } from '../plan/selection.js';
import type { SpawnInput, SpawnResult } from './spawn-input.js';
import { readSettledLock } from '../context/settled-lock.js';
import { roomWords } from './room-words.js';
import { startSupervisor, type Replacing } from './start-supervisor.js';
import { waveCheckText } from '../plan/wave-check.js';
import { counted } from '../../core/text/counted.js';
import { sourceKey, sourceOf } from '../../core/plan/sources.js';

/** The first record of a journal names the owner of the run; `status` reports what follows. */
const RUN_BEGAN = 1;

interface Ready {
  readonly repo: Repository;
  readonly plan: Plan;
  readonly checks: readonly Check[];
  /** The dependency check of a single wave; null for a whole plan. */
  readonly text: string | null;
  readonly newAttempts: readonly NewAttempt[];
}

/** The plan of a new run. Writes nothing. Throws whatever prevents the start, except a lock that is held. */
export async function readyPlan(selection: Selection, input: SpawnInput, context: ToolContext): Promise<Ready> {
  const parts = await readPlanParts(selection, spawnFlags(input), context);
  const { repo } = parts;
  const now = context.now();
  const bare = planFrom(parts, { runId: await newRunId(parts.home, now), createdAt: now.toISOString() });
  const earlier = await latestRunOf(parts.home, sourceKey(bare.source));
  const plan: Plan = {
    ...bare,
    landed: Object.fromEntries(await findLandedCommits(repo, bare, earlier?.state ?? null)),
  };
  const text = plan.wave === null ? null : await waveCheckText(repo, plan, plan.wave);
  const facts = await readPreflightFacts(parts, plan, context);
  await takeOverOtherCheckouts(repo, parts.facts.worktrees);
  const checks = preflightChecks(plan, facts);
  refuseFailures(checks, input);
  refuseUntrusted(facts.trust);
  parts.details.refuseIncomplete(plan, 'start');
  const consent = await runConsent(trustQuestion(parts), facts.trust);
  return { repo, plan: { ...plan, consent }, checks, text, newAttempts: facts.newAttempts };
}

/** Starts a new run: checks, run folder, supervisor. Removes the run folder again when another run has the lock. */
export async function startFresh(
  selection: Selection,
  input: SpawnInput,
  context: ToolContext,
  start: { readonly warnings: readonly Text[]; readonly replacing: Replacing },
): Promise<SpawnResult> {
  const again = againCommand(input);
  const ready = await readyUnlessLocked(selection, input, context, { replacing: start.replacing, again });
  const { repo, checks, text, newAttempts } = ready;
  const home = runHome(repo);
  refuseOther(await readSettledLock(home), start.replacing, again); // another run may have started meanwhile
  if (input.force !== true) await refuseUnkept(repo, ready.plan, newAttempts);
  const room = roomFor(ready, input);
  const plan: Plan = room === null ? ready.plan : { ...ready.plan, room };
  await excludeOwnFiles(repo, plan);
  const supervisor = await startSupervisor(home, plan.runId, context.env, {
    replacing: start.replacing,
    again,
    create: async () => createRun(home, plan),
    makesRoom: room !== null,
  });
  const tasks = selectedTasks(plan);
  const all = [...start.warnings, ...roomWords(supervisor), ...warningsOf(checks, input)];
  return {
    runId: plan.runId,
    message: `Run ${plan.runId} started: ${counted(tasks.length, 'task')}, at most ${String(plan.settings.maxConcurrency)} at a time.`,
    supervisor: { pid: supervisor.pid },
    ...(all.length === 0 ? {} : { warnings: all }),
    cursor: RUN_BEGAN,
    tasks: tasks.map(({ id, wave, branch }) => ({ id, wave, state: 'queued', branch })),
    ...(text === null ? {} : { text }),
  };
}

/** If another run started meanwhile, reports that run instead of its branches and worktrees. */
async function readyUnlessLocked(
  selection: Selection,
  input: SpawnInput,
  context: ToolContext,
  { replacing, again }: { readonly replacing: Replacing; readonly again: Command },
): Promise<Ready> {
  try {
    return await readyPlan(selection, input, context);
  } catch (error) {
    const { home } = await openContext(context);
    refuseOther(await readSettledLock(home), replacing, again);
    throw error;
  }
}

/** Throws `locked` when the lock is held by another owner than the one to be replaced. */
function refuseOther(lock: LockState, replacing: Replacing, again: Command): void {
  const isMeant = lock.kind === 'held' && replacing.kind === 'owner' && lock.holder.generation === replacing.generation;
  if (!isMeant) refuseHeld(lock, again);
}

/** Branches and worktrees that the supervisor must move first; null for none. With `force` those of all tasks. */
function roomFor({ plan, newAttempts }: Ready, { force }: SpawnInput): Room | null {
  const retire = newAttempts.map(({ task, runId, attempt, ref }) => ({ task, runId, attempt, ref }));
  const aside = force === true ? selectedTasks(plan).map(({ id }) => id) : [];
  return retire.length === 0 && aside.length === 0 ? null : { retire, aside };
}

/** Moves the runs that an earlier version kept in other checkouts. An active run there also prevents a new run here. */
async function takeOverOtherCheckouts(
  repo: Repository,
  worktrees: readonly { readonly path: string }[],
): Promise<void> {
  for (const { path } of worktrees) if (path !== repo.root) await askTakeOver(repo, path);
}

function spawnFlags(input: SpawnInput): SettingsFlags {
  return {
    ...planFlags(input),
    ...(input.budgetUsd === undefined ? {} : { budget: { runUsd: input.budgetUsd } }),
  };
}

/** Throws for failed checks, except about names that `force` moves aside, unless `skipPreflight` is set. */
function refuseFailures(checks: readonly Check[], input: SpawnInput): void {
  const forced = input.force === true ? ['branch-collision', 'worktree-collision', 'lock'] : [];
  const failures = checks.filter(({ id, level }) => level === 'fail' && !forced.includes(id));
  if (failures.length === 0 || input.skipPreflight === true) return;
  const [first] = failures;
  if (failures.length === 1 && first !== undefined) throw new O8Error('preflight_failed', first.message, first.hint);
  const lines = firstOfEachKind(failures).map(({ message, hint }) => text`  ✗ ${message}\n      ${hint}`);
  const message = joined([`${String(failures.length)} checks failed:`, ...lines], '\n');
  throw new O8Error(
    'preflight_failed',
    message,
    text`Fix these, then repeat the command; ${preflightOf(input)} shows all checks.`,
  );
}

function preflightOf({ dir, features }: SpawnInput): Command {
  return o8('preflight', dir === undefined ? (features ?? []) : [dir]);
}

function warningsOf(checks: readonly Check[], input: SpawnInput): Text[] {
  return [...skippedFailures(checks, input), ...plainWarnings(checks)];
}

/** The failed checks that `skipPreflight` ignored, as one warning. */
function skippedFailures(checks: readonly Check[], { skipPreflight }: SpawnInput): string[] {
  const failed = checks.filter(({ level }) => level === 'fail');
  if (skipPreflight !== true || failed.length === 0) return [];
  const list = firstOfEachKind(failed)
    .map(({ message }) => `  ✗ ${message}`)
    .join('\n');
  return [`Starting despite failed checks (not recommended):\n${list}`];
}

function plainWarnings(checks: readonly Check[]): Text[] {
  return firstOfEachKind(checks)
    .filter(({ id, level }) => level === 'warn' && id !== 'manifest-commands') // shown by the plan
    .map(warningText);
}

/** Excludes everything o8 writes in the repository from git, without changing the user's .gitignore. */
async function excludeOwnFiles(repo: Repository, plan: Plan): Promise<void> {
  await ensureExcluded(repo, [
    '/.claude/parallel/',
    '/.claude/parallel.lock',
    '/.claude/parallel-queue.json',
    '/.claude/parallel-config.json',
    '/.claude/.parallel*.tmp', // left when a process is killed while writing
    '/.claude/worktrees/',
    '/.claude-task-complete',
    ...sourceOf(plan.source).made(plan.root, plan.settings),
  ]);
}
