import { planCommand } from './commands/plan-command.js';
import { start } from './start-cli.js';

// A program of its own for the same reason as `cli-status.ts`.
await start([{ name: 'plan', load: (cli) => Promise.resolve(planCommand(cli)) }]);
