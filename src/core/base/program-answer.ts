/** What a program that answers one question has printed, and how it ended. */
export interface ProgramAnswer {
  /** Null where a signal or o8 ended it, or where it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was given up; null when it ended by itself. */
  readonly gaveUp: 'timeout' | 'stopped' | 'too_much' | null;
  /** Why it could not be started, as a sentence; null when it was. */
  readonly notStarted: string | null;
}

export interface AskOptions {
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Its standard input; without one it has none. */
  readonly input?: string;
  /** Gives it up when aborted. */
  readonly stop?: AbortSignal;
}

/** Runs a program without a shell and gives what it printed; never rejects because of the program. */
export type AskProgram = (argv: readonly [string, ...string[]], options: AskOptions) => Promise<ProgramAnswer>;
