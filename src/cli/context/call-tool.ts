import { tools, type ToolAnswer, type ToolInput, type ToolName } from '../../tools/catalogue.js';
import type { ToolContext } from '../../tools/context/define-tool.js';

/** A tool's input as command line flags give it. */
export type Given<N extends ToolName> = {
  readonly [Key in keyof ToolInput<N>]: ToolInput<N>[Key] extends string[] | undefined
    ? readonly string[] | undefined
    : ToolInput<N>[Key];
};

type Calls = { readonly [N in ToolName]: { call(input: unknown, context: ToolContext): Promise<ToolAnswer<N>> } };

/** Calls a tool as the MCP server does; flags that were not given are left out. */
export async function callTool<N extends ToolName>(
  name: N,
  input: Given<N>,
  context: ToolContext,
): Promise<ToolAnswer<N>> {
  const calls: Calls = tools;
  return calls[name].call(onlyGiven(input), context);
}

/** Removes flags that were not given: a tool refuses some inputs in combination. */
export function onlyGiven(input: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
