#!/usr/bin/env node
var[e,...n]=process.argv.slice(2),s=e==="mcp"&&n.length===0?"./mcp.js":"./cli.js";await import(new URL(s,import.meta.url).href);
