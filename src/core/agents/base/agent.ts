import type { Check } from '../../base/check.js';
import type { PlannedTask } from '../../plan/plan.js';
import type { AgentSettings } from '../../settings/agent-settings.js';
import type { Settings } from '../../settings/settings.js';
import type { RepositoryFile, TrustItem, WantedFiles } from '../../trust/files.js';
import type { AgentOutput } from './agent-facts.js';

/**
 * Everything o8 knows about an agent program. Each kind has one object in its own folder, listed in `../kinds.ts`; no
 * other code checks which kind an agent is.
 */
export interface Agent {
  /** Its name in `agent.kind`. */
  readonly kind: string;
  /** Its name in texts: `Claude`. */
  readonly title: string;

  // The program
  /** The name or path of the program to start; relative paths are from the top of the repository. */
  readonly program: (agent: AgentSettings) => string;
  /** Null for a program of the user, of which nothing is known, not even whether it has `--version`. */
  readonly cli: AgentCli | null;
  /** Throws O8Error `usage` for settings that this program cannot use. `key`: `agent` or `agents.<name>`. */
  readonly check: (agent: AgentSettings, key: string) => void;
  /** Preflight checks of the settings; whether the program is installed is checked elsewhere. */
  readonly checks: (agent: AgentSettings) => readonly Check[];
  /** The longest prompt it accepts, with a hint for longer ones; null for no limit. */
  readonly promptLimit: (agent: AgentSettings) => { readonly bytes: number; readonly hint: string } | null;
  /** Environment variables that describe a session of this program; they are not passed on to agents. */
  readonly describesSession: (variable: string) => boolean;

  // An attempt
  /** Session ids: `chosen` by o8 before the start, `told` in the program's output, or `none` (it cannot resume). */
  readonly sessions: 'chosen' | 'told' | 'none';
  /** Where the worker rules are passed. A resumed session still has them. */
  readonly rulesIn: 'system_prompt' | 'prompt';
  /** Additional rules for workers of this kind, null for none. */
  readonly ownRules: string | null;
  /** Whether the prompt is passed on standard input, which is empty otherwise. */
  readonly readsPrompt: boolean;
  /** Whether it runs a prompt that is a slash command of the repository (`/implement-feature …`). */
  readonly runsCommands: boolean;
  /** The command line of an attempt. Throws O8Error `usage` or `refused` when it cannot be started like that. */
  readonly launch: (attempt: AttemptLaunch) => Launch;

  /** Starts a session that reads in a folder and changes nothing there; the prompt is its standard input. */
  readonly review: (review: ReviewLaunch) => Launch;

  // Its output
  /** The facts of an attempt without any output. */
  readonly output: AgentOutput;
  /** Whether it prints a result when it ends. If so, exit code 0 without a result is not a success. */
  readonly givesResult: boolean;
  /** Whether the reported tokens are of this process or of the whole session. */
  readonly tokensOf: 'process' | 'session';
  /** Whether its output reports the cost. If not, budgets in US dollars do not apply to it. */
  readonly tellsCost: boolean;
  /** Whether a line names the session or its result: such lines are kept after the attempt. */
  readonly isKept: (line: string) => boolean;
  /** An event formatted as text; empty for an event without interest, null for a line that is not an event. */
  readonly words: ((line: string) => readonly string[] | null) | null;
  /** The message for stopping an attempt that used this tool without o8's guard. */
  readonly unguarded: (tool: string) => string;

  // Afterwards
  /** The program's arguments that open a session for a person, in the task's worktree; null if it cannot. */
  readonly attach: ((sessionId: string) => readonly string[]) | null;

  /** The files that the program reads from a repository by itself; null if unknown. */
  readonly project: ProjectFiles | null;
}

/** A known program: its name (`Claude CLI`), how to install it, and the version that o8 is tested with. */
export interface AgentCli {
  readonly name: string;
  readonly install: string;
  readonly tested: string;
}

export interface AttemptLaunch {
  /** Where the program was found. */
  readonly program: string;
  readonly task: PlannedTask;
  /** Settings of the task; `agent` has the settings of its own agent. */
  readonly settings: Settings;
  readonly project: ProjectSettings;
  /** `sessionId` is null for a new session whose id the program chooses. */
  readonly session: { readonly sessionId: string | null; readonly continues: boolean };
  readonly rules: string;
  readonly prompt: string;
  /** Absolute path of a file with the prompt. */
  readonly promptFile: string;
  /** What this attempt may cost in US dollars, null for no limit. */
  readonly budgetUsd: number | null;
  /** Absolute paths of Node, of the bundled guard program, and of the git folder that all worktrees share. */
  readonly node: string;
  readonly guard: string;
  readonly gitFolder: string;
}

export interface ReviewLaunch {
  /** Where the program was found. */
  readonly program: string;
  readonly agent: AgentSettings;
  readonly sessionId: string;
  readonly rules: string;
  readonly prompt: string;
  /** Absolute path of a file with the prompt, and of the folder, which is a copy for this review. */
  readonly promptFile: string;
  readonly folder: string;
  /** The branch whose work is reviewed. */
  readonly branch: string;
  /** US dollars; null: no limit. */
  readonly budgetUsd: number | null;
}

/** A command to start in the task's worktree; `env` is added to the agent's environment. */
export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `frozen`: the settings in the worktree are ignored and this text (null for none) is used instead. */
export type ProjectSettings =
  { readonly kind: 'worktree' } | { readonly kind: 'frozen'; readonly settings: string | null };

export interface ProjectFiles {
  readonly wanted: WantedFiles;
  /** Those files that run or redirect something, or extend what an agent may do. */
  readonly itemsOf: (files: readonly RepositoryFile[], callsCommands: boolean) => readonly TrustItem[];
  /** Words of the commands in such a file; some may be paths in the repository. */
  readonly commandWords: (path: string, text: string) => readonly string[];
  /** The file whose text can be passed explicitly when the worktree has another version (`frozen`); null for none. */
  readonly settingsFile: string | null;
  /** The program's own record of which folders the user trusts. `home`: the home folder. Absolute paths. */
  readonly trustRecord: {
    readonly file: (env: Readonly<Record<string, string | undefined>>, home: string) => string;
    readonly trusts: (text: string, folder: string) => boolean;
  };
}
