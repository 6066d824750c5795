import type { Reader, Unspelled } from '../../core/text/spelling.js';
import type * as z from 'zod';

/** What a tool may know of its caller. `cwd` decides the repository. */
export interface ToolContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Whose words the answer is in. */
  readonly reader: Reader;
  /** Tells a caller that waits what is going on; there where it asked for that. */
  readonly progress?: (message: string) => void;
}

export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
}

/**
 * One tool for all doors: the MCP server and the terminal run the same handler with the same schemas. A handler
 * throws O8Error for everything a user can meet.
 */
export interface Tool<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  /** One line a model can choose by. */
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly annotations: ToolAnnotations;
  run(input: z.output<I>, context: ToolContext): Promise<Unspelled<z.input<O>>>;
}

export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(tool: Tool<I, O>): Tool<I, O> {
  return tool;
}
