import { Command } from 'commander';
import { shellQuote } from '../../core/base/shell-quote.js';
import { bundledProgram } from '../../process/base/bundle.js';
import type { Cli } from '../context/cli-context.js';

/** `o8 mcp` itself is started by the dispatcher without loading this; here are its help and its wrong flags. */
export function mcpCommand({ terminal }: Cli): Command {
  return new Command('mcp')
    .description(
      `Serve the tools to an MCP client over stdio: claude mcp add o8 -- node ${shellQuote(bundledProgram('o8.js'))} mcp`,
    )
    .action(() => {
      terminal.warn('o8 mcp takes no arguments.');
    });
}
