import type { AttemptExit } from './events.js';

/** One attempt, wherever it runs. `dir`: its folder on the supervisor's machine. */
export interface PlacedAttempt {
  readonly attemptId: string;
  readonly dir: string;
}

/** What to start. */
export interface AttemptOrder extends PlacedAttempt {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Never written to disk. */
  readonly env: Readonly<Record<string, string>>;
  /** File the agent reads as stdin; null for an empty stdin. */
  readonly stdin: string | null;
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL when the time is over. */
  readonly killAfterMs: number;
}

/*
 * unclaimed -> starting -> running -> ended
 *     |            |          |
 *     v            '----------'-> lost (whoever ran it died without a word)
 *    void
 */
export type PlacedStatus =
  /** Nobody began it, and nobody we know of is about to; `fence` makes sure that nobody will. */
  | { readonly kind: 'unclaimed' }
  | { readonly kind: 'void' }
  /** Begun, or still on its way. `pid`: of what starts the agent, null while it is not known. */
  | { readonly kind: 'starting'; readonly pid: number | null }
  /** `attended`: something lives that ends it at its timeout and will know how it ended. */
  | { readonly kind: 'running'; readonly pid: number; readonly attended: boolean }
  | { readonly kind: 'ended'; readonly exit: AttemptExit; readonly pid: number | null }
  /** What the agent started may live on: `stop` ends it. */
  | { readonly kind: 'lost' };

/**
 * Where attempts run. The supervisor asks its place and neither processes nor the files by which a place works. Whatever
 * an agent writes arrives, in order and while it runs, in `agent.jsonl` (standard output) and `agent.stderr` of the
 * attempt's folder, wherever the agent is.
 */
export interface Place {
  /** Returns at once; however often it is called, the agent starts at most once. */
  start(order: AttemptOrder): Promise<void>;
  /** O8Error `journal_damaged`. */
  status(attempt: PlacedAttempt): Promise<PlacedStatus>;
  /** Of one that nobody began: whoever is late starts nothing. Idempotent. `claimed`: somebody was faster. */
  fence(attempt: PlacedAttempt): Promise<'voided' | 'claimed'>;
  /**
   * Ends all that runs of an attempt, in any state of it: asked to end, after `killAfterMs` made to. Idempotent.
   * `survivors`: pids that could not be ended; `running`: command lines of what the agent had running. O8Error
   * `lock_unknown` when it runs where the place cannot look.
   */
  stop(
    attempt: PlacedAttempt,
    killAfterMs: number,
  ): Promise<{ readonly survivors: readonly number[]; readonly running: readonly string[] }>;
  /** Calls back when its status may have changed. A hint that comes sooner than the next look: it may be missed. */
  watch(attempt: PlacedAttempt, news: () => void): { close(): void };
}
