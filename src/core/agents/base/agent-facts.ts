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
 * How a program says that its session ended. `limit`: which limit of the attempt itself ended it; `form`: it did not give
 * its result in the form that was asked for. `retryable`: the same request may succeed later.
 */
export type AgentResult =
  | { readonly kind: 'done'; readonly text: string; readonly report: CompletionReport | null }
  | {
      readonly kind: 'failed';
      readonly text: string;
      readonly limit: 'budget' | 'turns' | 'form' | null;
      readonly retryable: boolean;
    };

/** What the output of one agent process says so far. Texts are the agent's: untrusted. */
export interface AgentFacts {
  /** Null until the session is open: there is nothing to resume before. */
  readonly sessionId: string | null;
  /** What the agent did last, on one line. */
  readonly activity: string | null;
  /** Input, output and cache together; of this process alone, also in a resumed session. */
  readonly tokens: number;
  /** US dollars; null until the program tells, and for ever when it does not. */
  readonly costUsd: number | null;
  /** Set by a limit and cleared by the next answer of the model. */
  readonly limit: AgentLimit | null;
  /** A limit was reached, and the account pays for what goes beyond it. */
  readonly overage: boolean;
  readonly denials: readonly PermissionDenial[];
  /** The last one: an agent with work in the background gives several. */
  readonly result: AgentResult | null;
  /** The last result has come and nothing of a turn since. */
  readonly finished: boolean;
  /** A tool that was carried out without o8's guard before it; null while there was none. */
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

/** When a line was read, and the zone of clock times that name none. */
export interface ReadingTime {
  readonly now: Date;
  readonly timeZone: string;
}

/** What was read of an output so far. `add` never throws, and a line that is no event changes nothing. */
export interface AgentOutput {
  readonly facts: AgentFacts;
  readonly add: (line: string, time: ReadingTime) => AgentOutput;
}

/** An output made of any state that lines are added to; values are never changed in place. */
export function outputOf<S extends { readonly facts: AgentFacts }>(
  state: S,
  fold: (state: S, line: string, time: ReadingTime) => S,
): AgentOutput {
  return {
    facts: state.facts,
    add: (line, time) => outputOf(fold(state, line, time), fold),
  };
}

/** One line of a terminal beside the task's name. */
const ACTIVITY_LENGTH = 120;

/** The first line, cut to what a terminal shows beside a name. */
export function oneLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line.length <= ACTIVITY_LENGTH) return line;
  // Cut between characters, not inside a surrogate pair.
  return `${line.slice(0, ACTIVITY_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
