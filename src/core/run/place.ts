import type { AttemptExit } from './events.js';

/** One attempt, wherever it runs. `dir`: its folder on the supervisor's machine. */
export interface PlacedAttempt {
  readonly attemptId: string;
  readonly dir: string;
}

export interface AttemptOrder extends PlacedAttempt {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Never written to disk. */
  readonly env: Readonly<Record<string, string>>;
  /** File used as the agent's stdin; null for an empty stdin. */
  readonly stdin: string | null;
  readonly timeoutMs: number;
  /** Time between SIGTERM and SIGKILL after the timeout. */
  readonly killAfterMs: number;
}

/*
 * unclaimed -> starting -> running -> ended
 *     |            |          |
 * v            '----------'-> lost (the process that ran it died without recording an exit)
 *    void
 */
export type PlacedStatus =
  /** Not started, and no known process is about to start it; `fence` makes sure of that. */
  | { readonly kind: 'unclaimed' }
  | { readonly kind: 'void' }
  /** Started or about to start. `pid`: the process that starts the agent, null if not yet known. */
  | { readonly kind: 'starting'; readonly pid: number | null }
  /** `attended`: a process is watching that stops the agent at its timeout and records its exit. */
  | { readonly kind: 'running'; readonly pid: number; readonly attended: boolean }
  | { readonly kind: 'ended'; readonly exit: AttemptExit; readonly pid: number | null }
  /** Processes started by the agent may still be running: `stop` ends them. */
  | { readonly kind: 'lost' };

/**
 * Where attempts run. The supervisor only uses this interface, never processes or files of the place directly. Wherever
 * the agent runs, its output arrives in order, while it is written, in `agent.jsonl` (standard output) and
 * `agent.stderr` in the attempt's folder.
 */
export interface Place {
  /** Returns at once. The agent starts at most once, no matter how often this is called. */
  start(order: AttemptOrder): Promise<void>;
  /** O8Error `journal_damaged`. */
  status(attempt: PlacedAttempt): Promise<PlacedStatus>;
  /**
   * Makes sure that an unclaimed attempt never starts. Idempotent. `claimed`: another process had already claimed it.
   */
  fence(attempt: PlacedAttempt): Promise<'voided' | 'claimed'>;
  /**
   * Ends all processes of an attempt, in any status: SIGTERM, then SIGKILL after `killAfterMs`. Idempotent.
   * `survivors`: pids that could not be ended; `running`: command lines of processes started by the agent. O8Error
   * `lock_unknown` if the attempt runs where this place cannot check.
   */
  stop(
    attempt: PlacedAttempt,
    killAfterMs: number,
  ): Promise<{ readonly survivors: readonly number[]; readonly running: readonly string[] }>;
  /** Calls back when the status may have changed. Only an optimization: calls may be missed. */
  watch(attempt: PlacedAttempt, news: () => void): { close(): void };
}
