import type * as z from 'zod';
import type { Tool, ToolContext } from './context/define-tool.js';
import { runTool } from './context/run-tool.js';

/** A tool as the MCP server and the terminal call it; its code is loaded when it is called or described. */
export interface CatalogueEntry<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly load: () => Promise<Tool<I, O>>;
  /** As `runTool`. */
  call(input: unknown, context: ToolContext): Promise<z.output<O>>;
}

function entry<I extends z.ZodObject, O extends z.ZodObject>(
  name: string,
  load: () => Promise<Tool<I, O>>,
): CatalogueEntry<I, O> {
  return { name, load, call: async (input, context) => runTool(await load(), input, context) };
}

/** Every tool by its name, in the order in which people use them. */
export const tools = {
  preflight: entry('preflight', async () => (await import('./preflight-tool.js')).preflight),
  plan: entry('plan', async () => (await import('./plan-tool.js')).plan),
  spawn: entry('spawn', async () => (await import('./spawn-tool.js')).spawn),
  status: entry('status', async () => (await import('./status-tool.js')).status),
  abort: entry('abort', async () => (await import('./abort-tool.js')).abort),
  merge: entry('merge', async () => (await import('./merge-tool.js')).merge),
  cleanup: entry('cleanup', async () => (await import('./cleanup-tool.js')).cleanup),
};

export type ToolName = keyof typeof tools;
type Loaded<N extends ToolName> = Awaited<ReturnType<(typeof tools)[N]['load']>>;
export type ToolInput<N extends ToolName> = z.input<Loaded<N>['input']>;
export type ToolAnswer<N extends ToolName> = z.output<Loaded<N>['output']>;

/** The same as a list: the MCP server and the terminal list exactly these. */
export const catalogue: readonly CatalogueEntry[] = Object.values(tools);
