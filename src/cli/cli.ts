import { COMMANDS } from './command-list.js';
import { start } from './start-cli.js';

await start(COMMANDS);
