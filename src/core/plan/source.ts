import type { Command, Text } from '../base/text.js';
import type { Settings, SettingsFile } from '../settings/settings.js';

/** What every plan of one kind of source has in common. */
export interface SourceFacts {
  /** The command that runs it. */
  readonly command: 'run' | 'parallel';
  /** Settings that it has where nobody says otherwise, where they differ from those of all. */
  readonly defaults: SettingsFile;
  /** The noun for its tasks. */
  readonly of: 'tasks' | 'features';
  /** Whether `--wave` can choose a part of it. */
  readonly hasWaves: boolean;
  /** Whether its tasks say which files they work on. */
  readonly hasScopes: boolean;
  /** Whether tasks can join a run while it goes on. */
  readonly grows: boolean;
  /** Whether two tasks with the same text are duplicates. */
  readonly textIsWork: boolean;
  /** What is shown before the confirmation question, and the message after the start. */
  readonly start: { readonly shown: 'plan' | 'summary'; readonly said: string | null };
  /** What becomes of the branches of a finished run when its tasks run again: the user cleans up, or they are kept aside. */
  readonly again: 'after_cleanup' | 'as_new_attempts';
  /** The setting with the folder of its worktrees, and the last word of another such folder. */
  readonly worktrees: { readonly setting: 'workspaceRoot' | 'worktreeDir'; readonly word: string };
  /** Changes that o8 itself makes to tracked files, which do not count as uncommitted work. Null: none. */
  readonly ownChange: OwnChange | null;
}

export interface OwnChange {
  /** Whether o8 may change a file with this path (from the top, `/` between its parts). */
  readonly mayBeIn: (path: string) => boolean;
  /** Whether two versions differ only in what o8 writes. */
  readonly isAll: (before: string, after: string) => boolean;
}

/** One plan's source: what the program asks of it. Nothing outside of the sources asks which kind it is. */
export interface Source extends SourceFacts {
  /** A short name for lists and headings. */
  readonly name: string;
  /** How answers name it; the same keys name it as input. */
  readonly view: { dir: string } | { features: string[] } | { epic: string };
  /** First lines of the plan's text. `root`: of the repository. */
  readonly heading: (root: string) => string[];
  /** As a command line names it, typed in the folder `from`. */
  readonly words: (from: string) => string;
  /** The folder (absolute) with its documents. */
  readonly documents: string;
  /** The folder and the manifest that o8 keeps up to date beside the tasks, absolute; null: there is none. */
  readonly planFolder: { readonly dir: string; readonly manifest: string } | null;
  /** Files that o8 rewrites while the run goes on, absolute. */
  readonly rewritten: readonly string[];
  /** Patterns from the top of the repository of files that o8 makes because of it. */
  readonly made: (root: string, settings: Settings) => string[];
  /** The branch of a task, which the source names by `stem`. */
  readonly branch: (stem: string) => string;
  /** The folder of a task's worktree, in the folder of all worktrees. */
  readonly worktreeName: (task: string) => string;
  /** Where a person finds a task's log: absolute. */
  readonly log: (task: { readonly id: string; readonly worktree: string }) => string;
  /** What runs these tasks of it, which an earlier run was started without. */
  readonly parts: (tasks: readonly PartTask[], from: string) => { tasks: string[]; command: Command }[];
  /** The flags with which the command includes this task. */
  readonly partFlags: (task: PartTask | undefined) => Command['flags'];
  /** What to do about a branch with the name of a task's. `own`: an earlier run made it; `rename` moves it away. */
  readonly nameTaken: (own: boolean, rename: string) => Text;
}

export interface PartTask {
  readonly id: string;
  readonly wave: number;
}
