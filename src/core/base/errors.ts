import { inTerminal, joined, text, type Text } from './text.js';

/**
 * Every failure a user can meet. `message` says what happened with the fact (path, id, pid), `hint` is the exact next
 * command. Any other error is a bug, and is formatted in one place.
 */
export type ErrorCode =
  | 'usage'
  | 'invalid_plan'
  | 'not_a_repository'
  | 'git_failed'
  | 'not_signed'
  | 'preflight_failed'
  | 'locked'
  | 'lock_unknown'
  | 'lease_lost'
  | 'no_run'
  | 'unknown_task'
  | 'refused'
  | 'untrusted'
  | 'nested_run'
  | 'journal_damaged'
  | 'disk_full'
  | 'supervisor_failed'
  | 'beads_failed'
  | 'timed_out'
  | 'interrupted'
  | 'internal';

/** One fault in a user's input: the file, the problem, and what to write instead. */
export interface Fault {
  readonly file: string;
  readonly problem: string;
  readonly fix: Text;
}

export class O8Error extends Error {
  override readonly name = 'O8Error';
  /** `said` is the message with commands as data, for the CLI and MCP; `message` is the same as plain text. */
  constructor(
    readonly code: ErrorCode,
    readonly said: Text,
    readonly hint: Text,
    readonly faults: readonly Fault[] = [],
    /** Whether the hint is a list of options, a block of its own, instead of the next command. */
    readonly hasOptions = false,
  ) {
    super(inTerminal(said));
  }
}

/** An error after which the user has several options; the hint lists them. */
export function optionsError(code: ErrorCode, said: Text, options: readonly Text[]): O8Error {
  const list = joined(['Options:', ...options.map((option) => text`• ${option}`)], '\n');
  return new O8Error(code, said, list, [], true);
}

/** Exit codes of the CLI: users' scripts rely on them. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

export function exitCodeOf(code: ErrorCode): ExitCode {
  switch (code) {
    case 'usage':
    case 'invalid_plan':
    case 'unknown_task':
    case 'no_run':
      return 2;
    case 'locked':
    case 'lock_unknown':
      return 3;
    case 'preflight_failed':
    case 'refused':
    case 'untrusted':
    case 'nested_run':
    case 'not_a_repository':
      return 4;
    case 'interrupted':
      return 130;
    case 'git_failed':
    case 'not_signed':
    case 'lease_lost':
    case 'journal_damaged':
    case 'disk_full':
    case 'supervisor_failed':
    case 'beads_failed':
    case 'timed_out':
    case 'internal':
      return 1;
  }
}

/** An error that lists its faults under the message, one per line, with what to write instead. */
export function faultsError(summary: string, hint: Text, faults: readonly Fault[]): O8Error {
  const lines = faults.map((fault) => text`  ${fault.file}: ${fault.problem}\n    ${fault.fix}`);
  return new O8Error('invalid_plan', joined([summary, ...lines], '\n'), hint, faults);
}
