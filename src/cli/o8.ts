#!/usr/bin/env node
/**
 * The `o8` command. Loads only the bundle that is needed: an MCP client waits for `o8 mcp` to answer, and loading the
 * CLI's code as well would more than double that wait.
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
const bundle = command === 'mcp' && rest.length === 0 ? './mcp.js' : './cli.js';

await import(new URL(bundle, import.meta.url).href);
