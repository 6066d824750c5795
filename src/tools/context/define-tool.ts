import type { Reader, Unspelled } from '../../core/text/spelling.js';
import type * as z from 'zod';
import type { RunFiles } from './run-files.js';

/** What a tool knows of its caller. The repository is the one that contains `cwd`. */
export interface ToolContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** For whom commands in the answer are spelled. */
  readonly reader: Reader;
  /** Of a caller that polls or continues with the same files, so that they are not read again. */
  readonly files?: RunFiles;
  /** A plan of one issue takes it from whoever has claimed it: a person asked for that. */
  readonly takesClaims?: boolean;
  /** Reports progress to a waiting caller; absent unless the caller asked for it. */
  readonly progress?: (message: string) => void;
}

export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
}

/**
 * The MCP server and the terminal run the same handler with the same schemas. A handler throws O8Error for every failure
 * that a user can cause or fix.
 */
export interface Tool<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** What a model reads to choose a tool. */
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly annotations: ToolAnnotations;
  run(input: z.output<I>, context: ToolContext): Promise<Unspelled<z.input<O>>>;
}

export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(tool: Tool<I, O>): Tool<I, O> {
  return tool;
}
