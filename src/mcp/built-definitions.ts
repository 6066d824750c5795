import { toolDefinitions } from './tool-definitions.js';

// `scripts/build.mjs` replaces this file by one that has the list itself: computing it loads every tool.
export const definitions = await toolDefinitions();
