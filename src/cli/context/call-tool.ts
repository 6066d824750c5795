import { catalogue, type CatalogueEntry } from '../../tools/catalogue.js';
import type { ToolContext } from '../../tools/context/define-tool.js';

function toolNamed(name: string): CatalogueEntry {
  const tool = catalogue.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool named ${name}`);
  return tool;
}

/** Calls a tool as the MCP server would; values that were not given are left out. */
export async function callTool(
  name: string,
  input: Record<string, unknown>,
  context: ToolContext,
): Promise<Record<string, unknown>> {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return toolNamed(name).call(given, context);
}
