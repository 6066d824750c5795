import { Command } from 'commander';
import { shellQuote } from '../../core/base/shell-quote.js';
import { bundledProgram } from '../../process/base/bundle.js';
import type { Cli } from '../context/cli-context.js';

/** `o8.ts` starts the server for `o8 mcp` without loading this file, which has its help and the error for arguments. */
export function mcpCommand({ terminal }: Cli): Command {
  return new Command('mcp')
    .description(
      `Run the MCP server over stdio; to add it to Claude Code: claude mcp add o8 -- node ${shellQuote(bundledProgram('o8.js'))} mcp`,
    )
    .action(() => {
      terminal.warn('o8 mcp takes no arguments.');
    });
}
