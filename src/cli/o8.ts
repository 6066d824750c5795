#!/usr/bin/env node
import { VERSION } from '../core/base/version.js';

/**
 * The `o8` command. Loads only the bundle that is needed: an MCP client waits for `o8 mcp` to answer, and loading the
 * whole command line takes longer than most of what it does.
 */
try {
  process.cwd();
} catch {
  // Node cannot load a module from a deleted working directory, such as the removed worktree of a merged task.
  process.stderr.write(
    'Error: This folder was removed; o8 removes the worktree of a task once it is merged.\n  cd <your repository>\n',
  );
  process.exit(4);
}

const [command, ...rest] = process.argv.slice(2);

if (rest.length === 0 && (command === '--version' || command === '-V')) process.stdout.write(`${VERSION}\n`);
else await import(new URL(bundleOf(), import.meta.url).href);

function bundleOf(): string {
  switch (command) {
    case 'mcp':
      return rest.length === 0 ? './mcp.js' : './cli.js';
    case 'status':
    case 'plan':
      return `./cli-${command}.js`;
    default:
      return './cli.js';
  }
}
