import { o8, text, type Text } from '../base/text.js';
import { printable } from '../text/untrusted-text.js';
import { counted } from '../text/counted.js';
import { endOperation } from '../merge/end-operation.js';
import { resumeCommand } from '../run/open-runs.js';
import { lostBranch } from '../text/lost-branch.js';
import { shellQuote } from '../base/shell-quote.js';

/** One line of `o8 doctor`. `hint` is the exact next command, empty if there is nothing to do. */
export interface Finding {
  readonly id: string;
  readonly level: 'ok' | 'leftover' | 'problem';
  readonly message: string;
  readonly hint: Text;
}

/** A program by name; `version` is the output of `--version`, null if it is not installed or does not start. */
export interface InstalledProgram {
  readonly name: string;
  readonly version: string | null;
  /** The version that o8 is tested with. */
  readonly tested?: string;
  /** What does not work without it; null if nothing here uses it. */
  readonly neededFor: string | null;
}

/** `special`: text about parts of the repository that worktrees may not contain (submodules, LFS files). */
export interface RepositoryFact {
  readonly branch: string | null;
  /** The branch has no commits yet. */
  readonly unborn: boolean;
  /** The branch is gone and was at this commit. */
  readonly lost?: string;
  readonly changes: number;
  readonly operation: string | null;
  readonly files: number;
  readonly special: readonly string[];
}

/** `waiting`: worktrees with finished work that is not merged yet, and the command that merges it. */
export interface RunFact {
  readonly runId: string;
  readonly state: string;
  readonly waiting: readonly { readonly worktree: string; readonly why: string; readonly command: Text }[];
  /** Says which of its work was reverted on the base branch, and how to restore it. */
  readonly takenBack?: string;
}

export interface DoctorFacts {
  readonly programs: readonly InstalledProgram[];
  readonly root: string;
  readonly repository: RepositoryFact;
  readonly lock: { readonly kind: 'free' | 'held' | 'stale' | 'unknown'; readonly pid: number | null };
  /** Runs whose files are still there, newest first. */
  readonly runs: readonly RunFact[];
  /** Runs started from another checkout of the same repository, which shares its worktrees and branches. */
  readonly elsewhere: readonly { readonly runId: string; readonly checkout: string }[];
  readonly worktrees: readonly { readonly path: string; readonly runId: string; readonly gone: boolean }[];
  /** Branches that o8 created or renamed, and whether they are merged into the base branch. */
  readonly branches: readonly { readonly name: string; readonly runId: string | null; readonly merged: boolean }[];
  /** Git settings that agents changed and nobody restored, each with the command that restores it. */
  readonly settings: readonly { readonly what: string; readonly putBack: string }[];
  /** The same for git hooks. */
  readonly hooks: readonly { readonly what: string; readonly putBack: string }[];
  /** The command that accepts the current settings and hooks; null when nothing was changed. */
  readonly acceptSettings: string | null;
  /** Number of refs that keep rescued work and earlier attempts. */
  readonly keptRefs: number;
}

/** What is installed, the state of the repository and the leftovers of earlier runs, each with the next command. */
export function doctorFindings(facts: DoctorFacts): Finding[] {
  const away = new Set(facts.elsewhere.map(({ runId }) => runId));
  return [
    ...facts.programs.map(programFinding),
    ...repositoryFindings(facts.repository),
    lockFinding(facts),
    ...facts.runs.flatMap(runFinding),
    ...facts.elsewhere.flatMap((run) => elsewhereFinding(run, facts)),
    ...facts.worktrees.flatMap((worktree) => (away.has(worktree.runId) ? [] : worktreeFinding(worktree, facts))),
    ...facts.branches.flatMap((branch) => (away.has(branch.runId ?? '') ? [] : branchFinding(branch, facts))),
    ...settingsFindings(facts),
    ...keptWork(facts),
  ];
}

function ok(id: string, message: string): Finding {
  return { id, level: 'ok', message, hint: '' };
}

function programFinding({ name, version, neededFor, tested }: InstalledProgram): Finding {
  const alsoTested = tested === undefined ? '' : `, tested with ${tested}`;
  if (version !== null) return ok('program', `${name} ${printable(version)}${alsoTested}`);
  if (neededFor === null) return ok('program', `${name} is not installed; not needed here`);
  const message = `${name} is not installed or does not start: needed for ${neededFor}`;
  return { id: 'program', level: 'problem', message, hint: `install ${name}, then: ${name} --version` };
}

function repositoryFindings({ branch, unborn, lost, changes, operation, files, special }: RepositoryFact): Finding[] {
  const where = branch === null ? 'no branch is checked out' : `on branch ${printable(branch)}`;
  const findings = [ok('repository', `${where}, ${counted(files, 'tracked file')}`)];
  const problem = (message: string, hint: Text): void => {
    findings.push({ id: 'repository', level: 'problem', message, hint });
  };
  if (branch !== null && lost !== undefined) {
    const { said, command } = lostBranch(branch, lost);
    problem(said, command);
  } else if (unborn)
    problem(
      'the repository has no commits yet; a run starts from a commit',
      'git add -A && git commit -m "Initial commit"',
    );
  if (branch === null) problem('HEAD is detached; a run lands its work on a branch', 'git switch <branch>');
  if (operation !== null) problem(`a ${operation} is in progress`, `git ${endOperation(operation)}, or finish it`);
  if (changes > 0) {
    const message = `${counted(changes, 'uncommitted change')}: a run starts from a clean checkout`;
    findings.push({ id: 'repository', level: 'leftover', message, hint: 'git status' });
  }
  for (const what of special) findings.push(ok('repository', what));
  return findings;
}

function lockFinding({ lock }: DoctorFacts): Finding {
  const pid = String(lock.pid ?? '');
  switch (lock.kind) {
    case 'free':
      return ok('lock', 'no run is active');
    case 'held':
      return ok('lock', `a run is active (PID: ${pid})`);
    case 'stale':
      return {
        id: 'lock',
        level: 'leftover',
        message: `stale lock (PID ${pid} not running)`,
        hint: o8('run', { resume: true }),
      };
    case 'unknown':
      return {
        id: 'lock',
        level: 'problem',
        message: `lock of another machine or container (PID: ${pid})`,
        hint: 'check that machine first; if its run has ended, repeat with --force',
      };
  }
}

function runFinding({ runId, state }: RunFact): Finding[] {
  if (state === 'damaged') {
    const message = `the files of run ${runId} cannot be read`;
    return [{ id: 'run', level: 'problem', message, hint: o8('status', { run: runId }) }];
  }
  if (state !== 'interrupted') return [];
  const message = `run ${runId} is interrupted: its supervisor is not running`;
  return [
    { id: 'run', level: 'leftover', message, hint: text`${resumeCommand(runId)}, or ${o8('abort', { run: runId })}` },
  ];
}

/** A run of another checkout may still be active, so its worktrees and branches are not reported as leftovers. */
function elsewhereFinding(
  { runId, checkout }: DoctorFacts['elsewhere'][number],
  { worktrees, branches }: DoctorFacts,
): Finding[] {
  if (![...worktrees, ...branches].some((has) => has.runId === runId)) return [];
  const where = printable(checkout);
  const hint = text`cd ${shellQuote(where)} && ${o8('doctor')}`;
  return [{ id: 'run', level: 'ok', message: `run ${runId} belongs to the checkout ${where}`, hint }];
}

function worktreeFinding({ path, runId, gone }: DoctorFacts['worktrees'][number], { runs }: DoctorFacts): Finding[] {
  const run = runs.find((candidate) => candidate.runId === runId);
  const where = printable(path);
  if (run === undefined) {
    const message = `worktree ${where} of run ${runId}, which no longer exists`;
    const hint = `git worktree unlock ${shellQuote(where)}; git worktree remove ${shellQuote(where)}   (git refuses if it has uncommitted changes; commits stay on its branch)`;
    return [{ id: 'worktree', level: 'leftover', message, hint }];
  }
  if (run.state === 'running' || run.state === 'paused' || run.state === 'interrupted') return [];
  const waiting = gone ? undefined : run.waiting.find(({ worktree }) => worktree === path);
  const what = gone ? ', deleted by hand' : waiting === undefined ? '' : `: ${waiting.why}`;
  const message = `worktree ${where} of run ${runId} (${run.state})${what}`;
  return [{ id: 'worktree', level: 'leftover', message, hint: waiting?.command ?? o8('cleanup', { run: runId }) }];
}

function branchFinding({ name, runId, merged }: DoctorFacts['branches'][number], { runs }: DoctorFacts): Finding[] {
  const run = runs.find((candidate) => candidate.runId === runId);
  if (run !== undefined && !['completed', 'failed', 'aborted'].includes(run.state)) return [];
  const branch = printable(name);
  if (run !== undefined) {
    const what = run.takenBack ?? (merged ? 'is merged' : 'is not on its base yet');
    const hint = o8(merged ? 'cleanup' : 'merge', { run: run.runId });
    return [{ id: 'branch', level: 'leftover', message: `branch ${branch} ${what}`, hint }];
  }
  const message = `branch ${branch} of an earlier run ${merged ? 'is merged' : 'has unmerged commits'}`;
  const hint = merged
    ? `git branch -d ${shellQuote(branch)}`
    : `git log ${shellQuote(`HEAD..${branch}`)}   (git branch -D ${shellQuote(branch)} deletes them)`;
  return [{ id: 'branch', level: 'leftover', message, hint }];
}

function settingsFindings({ settings, hooks, acceptSettings }: DoctorFacts): Finding[] {
  if (acceptSettings === null) return [];
  const problems = [
    ...settings.map((each) => ({ ...each, id: 'git-settings' })),
    ...hooks.map((each) => ({ ...each, id: 'git-hooks' })),
  ];
  const isUsed =
    settings.length > 0
      ? 'o8 still uses the previous git settings; to accept the current ones'
      : 'To accept the current hooks';
  return [
    ...problems.map(({ id, what, putBack }): Finding => ({
      id,
      level: 'problem',
      message: `${what} while agents ran`,
      hint: putBack,
    })),
    { id: 'git-settings', level: 'ok', message: `${isUsed}: ${acceptSettings}`, hint: '' },
  ];
}

function keptWork({ keptRefs }: DoctorFacts): Finding[] {
  if (keptRefs === 0) return [];
  const message = `${counted(keptRefs, 'ref')} ${keptRefs === 1 ? 'keeps' : 'keep'} rescued work and earlier attempts`;
  const hint = 'git for-each-ref refs/o8/rescue refs/o8/attempts   (git update-ref -d <ref> deletes one)';
  return [{ id: 'kept-work', level: 'leftover', message, hint }];
}
