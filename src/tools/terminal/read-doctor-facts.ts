import { basename } from 'node:path';
import type { DoctorFacts, InstalledProgram, RepositoryFact, RunFact } from '../../core/report/doctor.js';
import { agentOf, AGENTS } from '../../core/agents/kinds.js';
import type { AgentSettings } from '../../core/settings/agent-settings.js';
import { resolveSettings, type Settings } from '../../core/settings/settings.js';
import { versionLine } from '../../core/text/version-line.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { bringsBack } from '../../core/merge/landings.js';
import { taskOf } from '../../core/run/run-state.js';
import { runStateName } from '../../core/report/status-view.js';
import { waitingWork } from '../../core/merge/waiting-work.js';
import { readRepositoryFacts, type RepositoryFacts } from '../../git/checkout/repository-facts.js';
import { listOwnWorktrees } from '../../git/worktrees/own-worktrees.js';
import { isAncestor, listRefs, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { settingsFolder } from '../../git/settings/pin.js';
import { takenBackNow } from '../../git/refs/standing-reverts.js';
import { processProbe } from '../../process/trees/identify-process.js';
import { findProgram, runProgram } from '../../process/programs/run-program.js';
import { readLock } from '../../store/lock/lock-state.js';
import { checkoutPaths, type RunHome } from '../../store/files/paths.js';
import { listRuns } from '../../store/runs/runs.js';
import { readSettingsFile } from '../../store/runs/settings-file.js';
import type { ToolContext } from '../context/define-tool.js';
import { readGitChanges } from '../context/git-changes.js';
import { loadRun } from '../context/load-run.js';
import { openContext } from '../context/repository-context.js';

/** Programs answer within a second, but took several on a loaded machine. */
const VERSION_MS = 15_000;

/** Reads all facts and changes nothing. A run whose files cannot be read is `damaged`. */
export async function readDoctorFacts(context: ToolContext): Promise<DoctorFacts> {
  const { root, repo, home } = await openContext(context);
  const { agent, agents } = await readSettingsFile(root);
  const [repository, lock, runs, worktrees, branches, rescued, attempts] = await Promise.all([
    readRepositoryFacts(repo),
    readLock(home, processProbe),
    runsOf(repo, home),
    listOwnWorktrees(repo),
    branchesOf(repo),
    listRefs(repo, 'refs/o8/rescue/'),
    listRefs(repo, 'refs/o8/attempts/'),
  ]);
  return {
    programs: await programs(context, root, resolveSettings({}, { agent, agents }, {}, {})),
    root,
    repository: repositoryFact(repository),
    lock: { kind: lock.kind, pid: lock.kind === 'free' ? null : lock.holder.process.pid },
    runs,
    elsewhere: await runsElsewhere(root, repository),
    worktrees,
    branches,
    ...(await settingsFacts(repo, context.env)),
    keptRefs: rescued.length + attempts.length,
  };
}

async function settingsFacts(
  repo: Repository,
  env: NodeJS.ProcessEnv,
): Promise<Pick<DoctorFacts, 'settings' | 'hooks' | 'acceptSettings'>> {
  const { settings, hooks } = await readGitChanges(repo, env);
  const isNothing = settings.length + hooks.length === 0;
  return { settings, hooks, acceptSettings: isNothing ? null : `rm -r ${shellQuote(settingsFolder(repo.commonDir))}` };
}

function repositoryFact(facts: RepositoryFacts): RepositoryFact {
  const { head, changes, operation, trackedFiles, bare, shallow, sparse, submodules, lfs } = facts;
  const special = [
    ...(bare ? ['a bare repository'] : []),
    ...(shallow ? ['a shallow clone: old commits are missing'] : []),
    ...(sparse ? ['a sparse checkout'] : []),
    ...(submodules.length > 0 ? [`submodules, which are not checked out in worktrees: ${submodules.join(', ')}`] : []),
    ...(lfs ? ['files in Git LFS'] : []),
  ];
  return {
    branch: head.kind === 'detached' ? null : head.branch,
    unborn: head.kind === 'unborn',
    ...(head.kind === 'unborn' && head.last !== undefined ? { lost: head.last } : {}),
    changes: changes.filter((change) => !isOfO8(change)).length,
    operation,
    files: trackedFiles,
    special,
  };
}

/** Changes that do not prevent a run: o8 writes `execution` in manifests, and settings need not be in git. */
function isOfO8({ path, untracked }: { readonly path: string; readonly untracked: boolean }): boolean {
  return (basename(path) === 'manifest.json' && !untracked) || path === '.claude/parallel-config.json';
}

interface WantedProgram {
  readonly name: string;
  readonly neededFor: string | null;
  /** Whether the program is known to have `--version`. */
  readonly isKnown: boolean;
  readonly tested: string | null;
}

/** Programs of the agents in the settings, and of the other kinds as not needed. */
function wantedAgents({ agent, agents }: Pick<Settings, 'agent' | 'agents'>): WantedProgram[] {
  const named = Object.entries(agents).map(([name, own]): WantedProgram => wantedAgent(own, `the agent ${name}`));
  const used = [wantedAgent(agent, 'running agents (or set agent.command)'), ...named];
  const others = AGENTS.flatMap(({ cli, program }): WantedProgram[] =>
    cli === null ? [] : [{ name: program(agent), neededFor: null, isKnown: true, tested: cli.tested }],
  );
  const first = new Map<string, WantedProgram>();
  for (const each of [...used, ...others]) if (!first.has(each.name)) first.set(each.name, each);
  return [...first.values()];
}

function wantedAgent(settings: AgentSettings, neededFor: string): WantedProgram {
  const { program, cli } = agentOf(settings);
  return { name: program(settings), neededFor, isKnown: cli !== null, tested: cli?.tested ?? null };
}

async function programs(
  { env }: ToolContext,
  root: string,
  settings: Pick<Settings, 'agent' | 'agents'>,
): Promise<InstalledProgram[]> {
  const git: WantedProgram = { name: 'git', neededFor: 'everything', isKnown: true, tested: null };
  const wanted = [git, ...wantedAgents(settings), { ...git, name: 'gh', neededFor: null }];
  const found = wanted.map(async ({ name, neededFor, isKnown, tested }): Promise<InstalledProgram> => {
    const said = { name, neededFor, ...(tested === null ? {} : { tested }) };
    const path = await findProgram(name, env);
    if (path === null) return { ...said, version: null };
    if (!isKnown) return { ...said, version: `(${path})` };
    const result = await runProgram([path, '--version'], {
      cwd: root,
      env: environmentOf(env),
      timeoutMs: VERSION_MS,
      logFile: null,
    });
    const version = result.code === 0 ? versionLine(result.outputTail).replace(`${name} version `, '') : null;
    return { ...said, version };
  });
  const node = { name: 'node', neededFor: 'everything', version: process.version };
  return [node, ...(await Promise.all(found))];
}

function environmentOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Runs of earlier versions, which kept run files in each checkout. */
async function runsElsewhere(root: string, { worktrees }: RepositoryFacts): Promise<DoctorFacts['elsewhere']> {
  const others = worktrees.filter(({ path }) => path !== root).map(({ path }) => path);
  const runs = others.map(async (checkout) =>
    (await listRuns(checkoutPaths(checkout).oldHome)).map((runId) => ({ runId, checkout })),
  );
  return (await Promise.all(runs)).flat();
}

async function runsOf(repo: Repository, home: RunHome): Promise<RunFact[]> {
  const runs: RunFact[] = [];
  for (const runId of await listRuns(home)) {
    try {
      const { plan, state, ownerAlive } = await loadRun(home, runId);
      const waiting = plan.tasks.flatMap(({ id, worktree }) => {
        const work = waitingWork(runId, id, taskOf(state, id).state);
        return work === null ? [] : [{ worktree, ...work }];
      });
      const off = await takenBackNow(repo, plan, state);
      const takenBack = `has work that was reverted on ${plan.base.branch} (${bringsBack(off)} restores it)`;
      runs.push({ runId, state: runStateName(state, ownerAlive), waiting, ...(off.length === 0 ? {} : { takenBack }) });
    } catch {
      runs.push({ runId, state: 'damaged', waiting: [] }); // the other facts are still useful; `o8 status --run` shows the error
    }
  }
  return runs;
}

/** Integration branches, and what `--force` moved aside: `<branch>.before-<run>`. */
async function branchesOf(repo: Repository): Promise<DoctorFacts['branches']> {
  const head = await resolveCommit(repo, 'HEAD');
  const branches: { name: string; runId: string | null; merged: boolean }[] = [];
  for (const { ref, commit } of await listRefs(repo, 'refs/heads/')) {
    const name = ref.slice('refs/heads/'.length);
    const integration = /^o8\/([^/]+)$/.exec(name)?.[1];
    if (integration === undefined && !/\.before-[\w.-]+$/.test(name)) continue;
    const merged = head !== null && (await isAncestor(repo, commit, head));
    branches.push({ name, runId: integration ?? null, merged });
  }
  return branches;
}
