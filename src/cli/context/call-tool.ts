import { tools, type ToolAnswer, type ToolName } from '../../tools/catalogue.js';
import type { ToolContext } from '../../tools/context/define-tool.js';
import { onlyGiven, type Given } from './given.js';

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
