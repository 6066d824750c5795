import type { CompletionReport } from './completion-schema.js';

/** A rate or usage limit that stopped the agent; `until` (ISO time) is null when nothing said when it ends. */
export interface AgentLimit {
  readonly until: string | null;
  readonly message: string;
}

/** A tool call that was not permitted; `grant` is the `agent.allowedTools` entry that would permit it, null for none. */
export interface PermissionDenial {
  readonly tool: string;
  readonly target: string | null;
  readonly grant: string | null;
}

/**
 * The end of a session as the program reports it. `limit`: the attempt's own limit that ended it; `form`: the result did
 * not match the requested schema. `retryable`: the same request may succeed later.
 */
export type AgentResult =
  | { readonly kind: 'done'; readonly text: string; readonly report: CompletionReport | null }
  | {
      readonly kind: 'failed';
      readonly text: string;
      readonly limit: 'budget' | 'turns' | 'form' | null;
      readonly retryable: boolean;
    };

/** What is known from the output of one agent process so far. Texts are untrusted. */
export interface AgentFacts {
  /** Null until the session is open; before that it cannot be resumed. */
  readonly sessionId: string | null;
  /** The agent's last action, on one line. */
  readonly activity: string | null;
  /** Input, output and cache tokens of this process, without those of earlier processes of the session. */
  readonly tokens: number;
  /** US dollars; null until, or unless, the program reports it. */
  readonly costUsd: number | null;
  /** Set by a limit and cleared by the next answer of the model. */
  readonly limit: AgentLimit | null;
  /** A limit was reached, and the account pays for usage beyond it. */
  readonly overage: boolean;
  readonly denials: readonly PermissionDenial[];
  /** The last one: an agent with background work prints several. */
  readonly result: AgentResult | null;
  /** The last result was printed, and no event of a turn since. */
  readonly finished: boolean;
  /** A tool that ran without o8's guard; null for none. */
  readonly unguarded: string | null;
}

export const NO_FACTS: AgentFacts = {
  sessionId: null,
  activity: null,
  tokens: 0,
  costUsd: null,
  limit: null,
  overage: false,
  denials: [],
  result: null,
  finished: false,
  unguarded: null,
};

/** When a line was read, and the time zone for clock times without one. */
export interface ReadingTime {
  readonly now: Date;
  readonly timeZone: string;
}

/** The facts from the lines read so far. `add` never throws; a line that is not an event changes nothing. */
export interface AgentOutput {
  readonly facts: AgentFacts;
  readonly add: (line: string, time: ReadingTime) => AgentOutput;
}

/** Makes an `AgentOutput` from a state and a fold function; values are never changed in place. */
export function outputOf<S extends { readonly facts: AgentFacts }>(
  state: S,
  fold: (state: S, line: string, time: ReadingTime) => S,
): AgentOutput {
  return {
    facts: state.facts,
    add: (line, time) => outputOf(fold(state, line, time), fold),
  };
}

/** Fits on one line of a terminal beside the task's name. */
const ACTIVITY_LENGTH = 120;

/** The first line, shortened to `ACTIVITY_LENGTH`. */
export function oneLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line.length <= ACTIVITY_LENGTH) return line;
  // Cut between characters, not inside a surrogate pair.
  return `${line.slice(0, ACTIVITY_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
