import type { AgentCli } from '../agents/base/agent.js';
import type { DiskEstimate } from '../plan/disk-estimate.js';
import type { PlannedCommand } from '../plan/plan-commands.js';
import type { LeftOut } from '../run/left-out.js';
import type { Orphans } from '../run/open-runs.js';
import type { SourceWarning } from '../plan/plan.js';
import type { Check } from '../base/check.js';
import type { NewAttempt } from '../run/new-attempt.js';
import type { PlaceFacts } from './places.js';
import type { ShellFacts } from './shell-commands.js';
import type { ChangeText } from '../surroundings/change-text.js';
import type { Trust } from '../trust/trust.js';

/** What preflight has to know of the repository, the machine and earlier runs. Looked up elsewhere; nothing here does I/O. */
export interface PreflightFacts {
  readonly git: { readonly major: number; readonly minor: number; readonly patch: number };
  readonly bare: boolean;
  readonly shallow: boolean;
  readonly sparse: boolean;
  readonly head: HeadFact;
  readonly operation: 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect' | null;
  /** Changes of the checkout, without the manifest when it differs only in what o8 writes there. Relative paths. */
  readonly changes: readonly { readonly path: string; readonly untracked: boolean }[];
  readonly submodules: readonly string[];
  readonly lfs: LfsFact;
  readonly places: PlaceFacts;
  readonly shell: ShellFacts;
  readonly branches: readonly string[];
  /** Whether the file system takes `HEAD` and `head` for the same file, as macOS does, or git was told so (core.ignorecase). */
  readonly foldsCase: boolean;
  /** Files of HEAD, paths from the top. */
  readonly tracked: readonly string[];
  /** Planned worktree paths at which something already is. */
  readonly occupied: readonly OccupiedPath[];
  readonly disk: { readonly freeMB: number; readonly estimate: DiskEstimate };
  /** Of each agent that a task of the run has. */
  readonly agents: readonly AgentProgram[];
  readonly lock: LockFact;
  /** Agents of other runs that live although nobody owns their run. */
  readonly orphans: readonly Orphans[];
  /** Tasks whose branches and worktrees an earlier run of the same plan made, or one that is not over and does not go on. */
  readonly earlierTasks: readonly string[];
  /** The last run of the same plan when it completed and its work is on branches; null otherwise. */
  readonly completedRun: {
    readonly runId: string;
    readonly landed: boolean;
    readonly leftOut: readonly LeftOut[];
  } | null;
  /** Tasks whose branch and worktree belong to the run that is being continued: no collision. */
  readonly continuedTasks: readonly string[];
  /** Left-out tasks whose work this run begins with: landed, or on a branch that is merged first. */
  readonly landedTasks: readonly string[];
  /** What reading the plan's files left to look at. */
  readonly sourceWarnings: readonly SourceWarning[];
  readonly manifestCommands: readonly PlannedCommand[];
  /** Tasks whose prompt file was generated and is older than what it is made of; `from` is the task file. */
  readonly stalePrompts: readonly { readonly task: string; readonly from: string }[];
  /** Git settings and hooks that agents of earlier runs changed and nobody put back, in words. */
  readonly gitChanges: readonly ChangeText[];
  /** What the repository brings that runs or redirects. */
  readonly trust: Trust;
  /** Tasks whose branch and worktree an earlier run made that is over: they make room, and the task begins anew. */
  readonly newAttempts: readonly NewAttempt[];
  /** What the plan's source finds by itself. */
  readonly sourceChecks: readonly Check[];
}

/** `files`: tracked ones that Git LFS keeps; `configured`: git knows its filter. */
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
  /** Absolute, as planned. */
  readonly path: string;
  readonly by: 'worktree' | 'locked_worktree' | 'other' | 'sibling';
  /** The repository beside this one that has, or is about to have, its worktree there: of `sibling` only. */
  readonly owner?: string;
}

export interface AgentProgram {
  /** Its kind; two agents of one kind are there once, those of different programs are not. */
  readonly kind: string;
  /** As it is started: a name or a path. */
  readonly name: string;
  /** What is known of the program, null for one of the user's. */
  readonly cli: AgentCli | null;
  /** Where it was found, null when it is not there. */
  readonly path: string | null;
  readonly version: AgentVersion;
}

/** Only a program that is known is asked for its version: nobody knows what another one does with `--version`. */
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
