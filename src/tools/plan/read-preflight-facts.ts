import { errorCode } from '../../core/base/error-code.js';
import { lstat, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { selectedTasks } from '../../core/plan/build-plan.js';
import type { OwnChange } from '../../core/plan/source.js';
import { manifestCommands, plannedCommands } from '../../core/plan/plan-commands.js';
import type { Plan } from '../../core/plan/plan.js';
import { versionLine } from '../../core/text/version-line.js';
import { agentsOf } from '../../core/preflight/agent-checks.js';
import type { AgentProgram, AgentVersion, OccupiedPath, PreflightFacts } from '../../core/preflight/preflight-facts.js';
import { readFileAt, type RepositoryFacts } from '../../git/checkout/repository-facts.js';
import type { Repository } from '../../git/door/repository.js';
import { isTracked } from '../../git/door/tracked.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { findProgram, runProgram } from '../../process/programs/run-program.js';
import { checkShellCommands } from '../../process/programs/shell-syntax.js';
import { readPlaces } from './read-places.js';
import { freeDiskMB } from '../../process/programs/machine-resources.js';
import { readLock } from '../../store/lock/lock-state.js';
import { findEarlierWork } from './new-attempts.js';
import type { ToolContext } from '../context/define-tool.js';
import { findPresentTasks } from './left-out-work.js';
import { isSameSource, ownChanges, sourceKey, sourceOf, worktreeFolder } from '../../core/plan/sources.js';
import { readGitChanges } from '../context/git-changes.js';
import { livingOrphans } from '../context/find-open-runs.js';
import { leftOutOf } from '../../core/run/left-out.js';
import { hasLanded } from '../../core/merge/landings.js';
import { latestRunOf, runToContinue } from '../context/load-run.js';
import type { LoadedRun } from '../context/run-files.js';
import { diskEstimate, trustQuestion, type PlanParts } from './prepare-plan.js';
import { readPullFacts } from './read-pull-facts.js';
import { pathsOfSiblings } from './sibling-clones.js';
import { readTrust, type ReadTrust } from '../context/read-trust.js';
import { findStalePrompts } from './stale-prompts.js';
import { keepsTaskBranches, targetOf } from '../../core/plan/target.js';

/** `claude --version` takes under a second, but took several on a loaded machine. */
const VERSION_TIMEOUT_MS = 15_000;

/**
 * Reads the facts for preflight. Writes nothing. `continuedTasks`: ids of tasks whose branch and worktree belong to the
 * continued run and so are no collision.
 */
export async function readPreflightFacts(
  parts: PlanParts,
  plan: Plan,
  context: ToolContext,
  continuedTasks: readonly string[] = [],
): Promise<PreflightFacts & { readonly trust: ReadTrust }> {
  const { repo, root, home, facts, source } = parts;
  const [changes, occupied, freeMB, agents, lock, gitLfs, earlier] = await Promise.all([
    changesOfOthers(repo, plan, facts),
    findOccupied(plan, facts, repo),
    freeDiskMB(resolve(root, worktreeFolder(plan.source, plan.settings))),
    readAgentPrograms(plan, context),
    readLock(home, processProbe),
    facts.lfs ? findProgram('git-lfs', context.env) : null,
    latestRunOf(home, sourceKey(plan.source)),
  ]);
  const next = await runToContinue(home, sourceKey(plan.source), false);
  const before = await findEarlier(parts, plan, earlier);
  return {
    git: facts.version,
    bare: facts.bare,
    shallow: facts.shallow,
    sparse: facts.sparse,
    head: facts.head,
    operation: facts.operation,
    changes,
    submodules: facts.submodules,
    lfs: facts.lfs
      ? { kind: 'used', program: gitLfs, files: facts.lfsFiles, configured: facts.lfsFilter }
      : { kind: 'unused' },
    places: await readPlaces(parts, plan, context),
    shell: await checkShellCommands(
      plannedCommands(plan).map(({ command }) => command),
      { cwd: root, env: context.env },
    ),
    branches: facts.branches,
    foldsCase: facts.foldsCase,
    tracked: facts.tracked,
    occupied,
    disk: { freeMB, estimate: diskEstimate(parts, plan) },
    agents,
    lock,
    orphans: await livingOrphans(
      home,
      next !== null && isSameSource(next.plan.source, sourceKey(plan.source)) ? next.plan.runId : null,
    ),
    ...before,
    completedRun: earlier === null ? null : completedRun(earlier),
    continuedTasks,
    presentTasks: await findPresentTasks(repo, plan, earlier?.state ?? null),
    sourceWarnings: source.warnings ?? [],
    manifestCommands: manifestCommands(plan, source),
    stalePrompts: await findStalePrompts(plan),
    gitChanges: Object.values(await readGitChanges(repo, context.env)).flat(),
    pulls: await readPullFacts(repo, plan, parts.remote, context),
    trust: await readTrust(trustQuestion(parts), context.env),
    sourceChecks: parts.details.checks(plan, {
      untracked: await untrackedOf(repo, parts.details.toldFiles(plan)),
      newAttempts: before.newAttempts,
    }),
  };
}

async function untrackedOf(repo: Repository, paths: readonly string[]): Promise<string[]> {
  const untracked: string[] = [];
  for (const path of paths) if (!(await isTracked(repo, path))) untracked.push(path);
  return untracked;
}

/** Branches and worktrees of this plan that belong to earlier runs. */
async function findEarlier(
  { repo, facts }: PlanParts,
  plan: Plan,
  earlier: LoadedRun | null,
): Promise<Pick<PreflightFacts, 'earlierTasks' | 'newAttempts'>> {
  switch (sourceOf(plan.source).again) {
    case 'after_cleanup': {
      const tasks = earlier === null ? [] : [...earlier.state.tasks.values()].filter(({ start }) => start !== null);
      return { earlierTasks: tasks.map(({ id }) => id), newAttempts: [] };
    }
    case 'as_new_attempts': {
      const { newAttempts, unfinished } = await findEarlierWork(repo, plan, facts);
      return { earlierTasks: unfinished, newAttempts };
    }
  }
}

function completedRun({ plan, state }: LoadedRun): PreflightFacts['completedRun'] {
  const { phase } = state;
  if (phase.kind !== 'finished' || phase.state !== 'completed' || keepsTaskBranches(targetOf(plan))) return null;
  return { runId: plan.runId, landed: hasLanded(plan, state), leftOut: leftOutOf(plan, state, plan.root) };
}

/** Uncommitted changes of the checkout, without those that o8 itself wrote (such as `execution` in a manifest). */
async function changesOfOthers(
  repo: Repository,
  plan: Plan,
  { changes, head }: RepositoryFacts,
): Promise<RepositoryFacts['changes']> {
  if (head.kind === 'unborn') return changes;
  const others: RepositoryFacts['changes'][number][] = [];
  for (const change of changes) {
    const own = ownChanges().find(({ mayBeIn }) => mayBeIn(change.path));
    if (own?.isAll === null) continue;
    if (
      own === undefined ||
      change.untracked ||
      !(await isAllOwn(repo, own.isAll, plan.root, head.commit, change.path))
    )
      others.push(change);
  }
  return others;
}

async function isAllOwn(
  repo: Repository,
  isAll: NonNullable<OwnChange['isAll']>,
  root: string,
  commit: string,
  path: string,
): Promise<boolean> {
  const file = join(root, path);
  const committed = await readFileAt(repo, commit, path);
  if (committed === null || !(await isThere(file))) return false;
  return isAll(committed, await readFile(file, 'utf8'));
}

async function findOccupied(plan: Plan, { worktrees }: RepositoryFacts, repo: Repository): Promise<OccupiedPath[]> {
  const siblings = await pathsOfSiblings(
    selectedTasks(plan).map(({ worktree }) => worktree),
    repo,
  );
  const registered = new Map(worktrees.map((worktree) => [worktree.path, worktree]));
  const realFolders = new Map<string, string>();
  const occupied: OccupiedPath[] = [];
  for (const { worktree: path } of selectedTasks(plan)) {
    const folder = dirname(path);
    // git lists real paths, but the worktree folder may be a symbolic link.
    const real = realFolders.get(folder) ?? (await realPathToBe(folder));
    realFolders.set(folder, real);
    const owner = siblings.get(path);
    const entry = registered.get(join(real, basename(path)));
    if (entry !== undefined) occupied.push({ path, by: entry.locked ? 'locked_worktree' : 'worktree' });
    else if (owner !== undefined) occupied.push({ path, by: 'sibling', owner });
    else if (await isThere(path)) occupied.push({ path, by: 'other' });
  }
  return occupied;
}

/** The real path of a folder that may not exist yet. */
async function realPathToBe(path: string): Promise<string> {
  if (await isThere(path)) return realpath(path);
  return path === dirname(path) ? path : join(await realPathToBe(dirname(path)), basename(path));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    // An unreadable folder contains no worktree of ours; whether it can be written is another check.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function readAgentPrograms(plan: Plan, { env }: ToolContext): Promise<AgentProgram[]> {
  const wanted = agentsOf(plan).map(({ agent, settings }) => ({ agent, name: agent.program(settings) }));
  const different = new Map(wanted.map((each) => [`${each.agent.kind} ${each.name}`, each]));
  return Promise.all(
    [...different.values()].map(async ({ agent: { kind, cli }, name }) => {
      const path = await findProgram(name.includes('/') ? resolve(plan.root, name) : name, env);
      const version: AgentVersion =
        cli === null || path === null ? { kind: 'not_asked' } : await askVersion(path, plan.root, env);
      return { kind, name, cli, path, version };
    }),
  );
}

async function askVersion(program: string, cwd: string, env: NodeJS.ProcessEnv): Promise<AgentVersion> {
  const result = await runProgram([program, '--version'], {
    cwd,
    env: agentEnvironment(env, {}),
    timeoutMs: VERSION_TIMEOUT_MS,
    logFile: null,
  });
  const text = versionLine(result.outputTail);
  if (result.timedOut) return { kind: 'failed', output: `no answer in ${String(VERSION_TIMEOUT_MS / 1000)} s` };
  if (result.code === 0 && text !== '') return { kind: 'known', text };
  return { kind: 'failed', output: text === '' ? `exit code ${String(result.code)}` : text };
}
