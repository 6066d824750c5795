import type { Command, Text } from '../base/text.js';
import type { Settings, SettingsFile } from '../settings/settings.js';

/** What all plans of one kind of source have in common. */
export interface SourceFacts {
  /** The command that runs such a plan. */
  readonly command: 'run' | 'parallel';
  /** Default settings, where they differ from the general defaults. */
  readonly defaults: SettingsFile;
  /** The noun for its tasks. */
  readonly of: 'tasks' | 'features';
  /** Whether `--wave` can select a part of the plan. */
  readonly hasWaves: boolean;
  /** Whether its tasks declare the files they work on. */
  readonly hasScopes: boolean;
  /** Whether tasks can be added to an active run. */
  readonly grows: boolean;
  /** Whether two tasks with the same text are duplicates. */
  readonly textIsWork: boolean;
  /** What is shown before the confirmation question, and the message after the run has started. */
  readonly start: { readonly shown: 'plan' | 'summary'; readonly said: string | null };
  /**
   * What happens to the branches of a finished run when its tasks run again: the user cleans up first, or o8 keeps
   * them.
   */
  readonly again: 'after_cleanup' | 'as_new_attempts';
  /** The setting for the folder of its worktrees, and the suffix of a suggested other folder. */
  readonly worktrees: { readonly setting: 'workspaceRoot' | 'worktreeDir'; readonly word: string };
  /** Top-level folders whose changes on a task's branch are not merged, because another program writes them. */
  readonly notMerged: readonly string[];
  /** When its worktrees are locked in git: all the time, or only while an agent runs in them. */
  readonly locksWorktrees: 'always' | 'while_running';
  /** Changes that o8 or the source itself makes, which do not count as uncommitted work; null if there are none. */
  readonly ownChange: OwnChange | null;
}

export interface OwnChange {
  /** Whether o8 may change a file with this path (from the top, `/` between its parts). */
  readonly mayBeIn: (path: string) => boolean;
  /** Whether two versions differ only in parts that o8 writes; null if nobody else writes such files. */
  readonly isAll: ((before: string, after: string) => boolean) | null;
}

/** The source of one plan. Code outside the sources uses this interface and never the kind. */
export interface Source extends SourceFacts {
  /** A short name for lists and headings. */
  readonly name: string;
  /** How answers of tools name the plan; the same keys name it in their input. */
  readonly view: { dir: string } | { features: string[] } | { epic: string };
  /** The queue that the tasks come from and that is told what becomes of them; null if the plan is files. */
  readonly queue: {
    readonly name: string;
    readonly epic: string;
    readonly root: string;
    readonly takes: boolean;
  } | null;
  /** Added to the environment of agents. */
  readonly agentVariables: Readonly<Record<string, string>>;
  /** First lines of the plan's text. `root`: of the repository. */
  readonly heading: (root: string) => string[];
  /** The plan as arguments of a command typed in the folder `from`. */
  readonly words: (from: string) => string;
  /** The folder (absolute) that contains its documents. */
  readonly documents: string;
  /** The plan folder and the manifest that o8 updates during a run, absolute; null if there is none. */
  readonly planFolder: { readonly dir: string; readonly manifest: string } | null;
  /** Files that o8 rewrites during a run, absolute. */
  readonly rewritten: readonly string[];
  /** Patterns, relative to the repository, of the files that o8 creates for this plan. */
  readonly made: (root: string, settings: Settings) => string[];
  /** The branch of the task with this stem. */
  readonly branch: (stem: string) => string;
  /** The name of a task's worktree folder. */
  readonly worktreeName: (task: string) => string;
  /** Path of a task's readable log, absolute. */
  readonly log: (task: { readonly id: string; readonly worktree: string }) => string;
  /** The commands that run these tasks, which an earlier run was started without. */
  readonly parts: (tasks: readonly PartTask[], from: string) => { tasks: string[]; command: Command }[];
  /** Flags that make the command include this task. */
  readonly partFlags: (task: PartTask | undefined) => Command['flags'];
  /** The hint for a task's branch name that is taken. `own`: by an earlier run; `rename` is the command to move it. */
  readonly nameTaken: (own: boolean, rename: string) => Text;
}

export interface PartTask {
  readonly id: string;
  readonly wave: number;
}
