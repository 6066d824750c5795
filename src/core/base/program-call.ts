/** A program to run to its end. `argv[0]` is looked up on PATH; no shell. `env` is the whole environment. */
export interface ProgramCall {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
  readonly timeoutMs: number;
}

/** How a program ended, and what it printed as UTF-8; `why` is a sentence for the user. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'missing'; readonly why: string }
  | { readonly kind: 'stopped'; readonly why: string };

/** Never rejects because of the program. */
export type RunToEnd = (call: ProgramCall) => Promise<ProgramEnd>;
