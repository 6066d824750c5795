import type { Check } from '../../base/check.js';
import type { PlannedTask } from '../../plan/plan.js';
import type { AgentSettings } from '../../settings/agent-settings.js';
import type { Settings } from '../../settings/settings.js';
import type { RepositoryFile, TrustItem, WantedFiles } from '../../trust/files.js';
import type { AgentOutput } from './agent-facts.js';

/**
 * An agent program: everything o8 knows of it. One object for each kind in its own folder, all of them in `../kinds.ts`;
 * nothing else asks which kind an agent is.
 */
export interface Agent {
  /** Its name in `agent.kind`. */
  readonly kind: string;
  /** How texts name it: `Claude`. */
  readonly title: string;

  // The program
  /** The name or path of the program to start; relative paths are from the top of the repository. */
  readonly program: (agent: AgentSettings) => string;
  /** Null for a program of the user's, of which nothing is known: not what it does with `--version` either. */
  readonly cli: AgentCli | null;
  /** Refuses settings that this program cannot run with. O8Error `usage`. */
  readonly check: (agent: AgentSettings) => void;
  /** What preflight says about the settings of agents of this kind, beside whether the program is there. */
  readonly checks: (agent: AgentSettings) => readonly Check[];
  /** The longest prompt it takes, null for any, with what to do about a longer one. */
  readonly promptLimit: (agent: AgentSettings) => { readonly bytes: number; readonly hint: string } | null;
  /** Variables that describe a session of this program and must not be passed on from one that started o8. */
  readonly describesSession: (variable: string) => boolean;

  // An attempt
  /** Who names a session: `chosen` by o8 before it begins, `told` by the program's output, or there are none to resume. */
  readonly sessions: 'chosen' | 'told' | 'none';
  /** Where the rules for workers go. A resumed session still has them. */
  readonly rulesIn: 'system_prompt' | 'prompt';
  /** What holds for its workers beside the rules for all, null for nothing. */
  readonly ownRules: string | null;
  /** Whether the prompt is its standard input, which is empty otherwise. */
  readonly readsPrompt: boolean;
  /** Whether a prompt that is a command of the repository (`/implement-feature …`) is carried out as one. */
  readonly runsCommands: boolean;
  /** O8Error `usage` or `refused` when it cannot be started like that. */
  readonly launch: (attempt: AttemptLaunch) => Launch;

  // Its output
  /** Of an attempt that has written nothing. */
  readonly output: AgentOutput;
  /** Whether it prints a result when it ends; without one exit code 0 proves nothing then. */
  readonly givesResult: boolean;
  /** Whether the tokens it tells are of this process, or of its whole session so far. */
  readonly tokensOf: 'process' | 'session';
  /** Whether its output says what it cost. Where it does not, budgets in US dollars cannot bind it. */
  readonly tellsCost: boolean;
  /** Whether a line says which session it was or how it ended: such lines of an ended attempt are kept. */
  readonly isKept: (line: string) => boolean;
  /** A line that is an event, as a person reads it; empty when it tells nothing, null for a line that is no event. */
  readonly words: ((line: string) => readonly string[] | null) | null;
  /** Why an attempt is stopped that used this tool without o8's guard. */
  readonly unguarded: (tool: string) => string;

  // Afterwards
  /** Opens a session for a person: the arguments of the program, started in the task's worktree. */
  readonly attach: ((sessionId: string) => readonly string[]) | null;

  /** What the program takes from a repository by itself; null for nothing that is known. */
  readonly project: ProjectFiles | null;
}

/** A program that is known: `Claude CLI`, how it is installed, and the version that o8 is tested with. */
export interface AgentCli {
  readonly name: string;
  readonly install: string;
  readonly tested: string;
}

export interface AttemptLaunch {
  /** Where the program was found. */
  readonly program: string;
  readonly task: PlannedTask;
  /** Of the task: `agent` is that of its own agent. */
  readonly settings: Settings;
  readonly project: ProjectSettings;
  /** `sessionId` is null for an agent that names its session itself and begins one. */
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

/** To be started in the task's worktree; `env` is added to the agent's environment. */
export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** `frozen`: what the worktree has is left out, and this text of project settings (null for none) counts instead. */
export type ProjectSettings =
  { readonly kind: 'worktree' } | { readonly kind: 'frozen'; readonly settings: string | null };

export interface ProjectFiles {
  readonly wanted: WantedFiles;
  /** Of those files, what runs something, redirects it, or widens what an agent may do. */
  readonly itemsOf: (files: readonly RepositoryFile[], callsCommands: boolean) => readonly TrustItem[];
  /** Words of the commands in such a file, of which some may be paths of the repository. */
  readonly commandWords: (path: string, text: string) => readonly string[];
  /** The file whose text is given explicitly when a worktree has another one (`frozen`); null: there is no such way. */
  readonly settingsFile: string | null;
  /** The program's own record of which folders its user trusts. `home`: the user's. Absolute paths. */
  readonly trustRecord: {
    readonly file: (env: Readonly<Record<string, string | undefined>>, home: string) => string;
    readonly trusts: (text: string, folder: string) => boolean;
  };
}
