import { callTool } from '../context/call-tool.js';
import type { Given } from '../context/given.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';

/** `o8 run <dir> --generate-only`: writes scripts to start the run later. Asks nothing, since nothing is started. */
export async function generateOnly({ terminal, context }: Cli, input: Given<'spawn'>, json: boolean): Promise<void> {
  const result = await callTool('spawn', { ...input, generateOnly: true }, context);
  if (json) terminal.print(JSON.stringify(result));
  else terminal.print(safeLines(result.text ?? ''));
}
