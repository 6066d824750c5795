import { Command } from 'commander';
import type { Cli } from './program.js';

/** `o8 mcp` itself is started by the dispatcher without loading this; here are its help and its wrong flags. */
export function mcpCommand({ terminal }: Cli): Command {
  return new Command('mcp')
    .description('Serve the tools to an MCP client over stdio: claude mcp add o8 -- npx -y o8 mcp')
    .action(() => {
      terminal.warn('o8 mcp takes no arguments.');
    });
}
