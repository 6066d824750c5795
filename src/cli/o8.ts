#!/usr/bin/env node
/**
 * The `o8` command. Loads only the bundle that is asked for: an MCP client waits for `o8 mcp` to answer, and parsing
 * the terminal's code first would be the larger half of that wait.
 */
try {
  process.cwd();
} catch {
  // Node cannot even load a module from here: somebody stands in a worktree that went with its merged task.
  process.stderr.write(
    'Error: this folder was removed; o8 removes the worktree of a task once it is merged\n  cd <your repository>\n',
  );
  process.exit(4);
}

const [command, ...rest] = process.argv.slice(2);
const bundle = command === 'mcp' && rest.length === 0 ? './mcp.js' : './cli.js';

await import(new URL(bundle, import.meta.url).href);
