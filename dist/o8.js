#!/usr/bin/env node
try{process.cwd()}catch{process.stderr.write(`Error: This folder was removed; o8 removes the worktree of a task once it is merged.
  cd <your repository>
`),process.exit(4)}var[e,...r]=process.argv.slice(2),s=e==="mcp"&&r.length===0?"./mcp.js":"./cli.js";await import(new URL(s,import.meta.url).href);
