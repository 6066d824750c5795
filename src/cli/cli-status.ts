import { statusCommand } from './commands/status-command.js';
import { start } from './start-cli.js';

// A program of its own: people and scripts ask for the status often, and loading every other command takes longer than
// the answer.
await start([{ name: 'status', load: (cli) => Promise.resolve(statusCommand(cli)) }]);
