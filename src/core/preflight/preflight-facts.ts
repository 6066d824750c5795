import type { AgentCli } from '../agents/base/agent.js';
import type { DiskEstimate } from '../plan/disk-estimate.js';
import type { PlannedCommand } from '../plan/plan-commands.js';
import type { LeftOut } from '../run/left-out.js';
import type { Orphans } from '../run/open-runs.js';
import type { SourceWarning } from '../plan/plan.js';
import type { Check } from '../base/check.js';
import type { NewAttempt } from '../run/new-attempt.js';
import type { PullFacts } from './preflight-pulls.js';
import type { PlaceFacts } from './places.js';
import type { ShellFacts } from './shell-commands.js';
import type { ChangeText } from '../surroundings/change-text.js';
import type { Trust } from '../trust/trust.js';

/** Everything preflight needs to know about the repository, the machine and earlier runs. */
export interface PreflightFacts {
  readonly git: { readonly major: number; readonly minor: number; readonly patch: number };
  readonly bare: boolean;
  readonly shallow: boolean;
  readonly sparse: boolean;
  readonly head: HeadFact;
  readonly operation: 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect' | null;
  /** Uncommitted changes of the checkout, relative paths. A manifest that only o8 changed is omitted. */
  readonly changes: readonly { readonly path: string; readonly untracked: boolean }[];
  readonly submodules: readonly string[];
  readonly lfs: LfsFact;
  readonly places: PlaceFacts;
  readonly shell: ShellFacts;
  readonly branches: readonly string[];
  /** Whether the file system treats `HEAD` and `head` as the same file, as on macOS, or core.ignorecase is set. */
  readonly foldsCase: boolean;
  /** Files of HEAD, relative to the repository. */
  readonly tracked: readonly string[];
  /** Planned worktree paths that already exist. */
  readonly occupied: readonly OccupiedPath[];
  readonly disk: { readonly freeMB: number; readonly estimate: DiskEstimate };
  /** The program of each agent that a task of the run uses. */
  readonly agents: readonly AgentProgram[];
  readonly lock: LockFact;
  /** Agents of other runs that are still running although their supervisor is not. */
  readonly orphans: readonly Orphans[];
  /** Tasks whose branches and worktrees were created by an earlier run of the same plan, or by an unfinished run. */
  readonly earlierTasks: readonly string[];
  /** The last run of the same plan if it completed and its branches still exist; null otherwise. */
  readonly completedRun: {
    readonly runId: string;
    readonly landed: boolean;
    readonly leftOut: readonly LeftOut[];
  } | null;
  /** Tasks whose branch and worktree belong to the run that is being continued; they do not collide. */
  readonly continuedTasks: readonly string[];
  /** Tasks left out whose work this run starts with: landed, or on a branch that is merged first. */
  readonly presentTasks: readonly string[];
  /** Warnings from reading the plan's files. */
  readonly sourceWarnings: readonly SourceWarning[];
  readonly manifestCommands: readonly PlannedCommand[];
  /** Tasks whose generated prompt file is older than its sources; `from` is the task file. */
  readonly stalePrompts: readonly { readonly task: string; readonly from: string }[];
  /** Git settings and hooks that agents of earlier runs changed and that were not restored. */
  readonly gitChanges: readonly ChangeText[];
  /** The repository's settings that run programs or redirect them. */
  readonly trust: Trust;
  /** Tasks whose branch and worktree are from an ended run: these are moved away, and the task starts again. */
  readonly newAttempts: readonly NewAttempt[];
  /** Checks made by the plan's source. */
  readonly sourceChecks: readonly Check[];
  /** Where pull requests would be opened; null for a run that opens none. */
  readonly pulls: PullFacts | null;
}

/** `files`: number of files in Git LFS; `configured`: git is set up to use it. */
export type LfsFact =
  | { readonly kind: 'unused' }
  | {
      readonly kind: 'used';
      readonly program: string | null;
      readonly files: number;
      readonly configured: boolean;
    };

export type HeadFact =
  | { readonly kind: 'branch'; readonly branch: string; readonly commit: string }
  | { readonly kind: 'detached'; readonly commit: string }
  | { readonly kind: 'unborn'; readonly branch: string; readonly last?: string };

export interface OccupiedPath {
  /** Absolute. */
  readonly path: string;
  readonly by: 'worktree' | 'locked_worktree' | 'other' | 'sibling';
  /** Only for `sibling`: the other repository that uses, or would use, this path for its worktree. */
  readonly owner?: string;
}

export interface AgentProgram {
  /** Agents with the same kind and program occur once in the list. */
  readonly kind: string;
  /** The name or path with which it is started. */
  readonly name: string;
  /** Known properties of the program; null for the user's own program. */
  readonly cli: AgentCli | null;
  /** Where it was found, null if it was not. */
  readonly path: string | null;
  readonly version: AgentVersion;
}

/** Only known programs are run with `--version`, because others may do anything with it. */
export type AgentVersion =
  | { readonly kind: 'not_asked' }
  | { readonly kind: 'known'; readonly text: string }
  | { readonly kind: 'failed'; readonly output: string };

export type LockFact =
  { readonly kind: 'free' } | { readonly kind: 'held' | 'stale' | 'unknown'; readonly holder: LockHolderFact };

export interface LockHolderFact {
  readonly runId: string;
  readonly startedAt: string;
  readonly process: { readonly pid: number; readonly host: string };
}
