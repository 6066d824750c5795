import type { ListedCommand } from './program.js';

/** Every command of `o8`, in the order of the help. */
export const COMMANDS: readonly ListedCommand[] = [
  { name: 'run', load: async (cli) => (await import('./commands/run-command.js')).runCommand(cli) },
  { name: 'parallel', load: async (cli) => (await import('./commands/parallel-command.js')).parallelCommand(cli) },
  { name: 'plan', load: async (cli) => (await import('./commands/plan-command.js')).planCommand(cli) },
  { name: 'preflight', load: async (cli) => (await import('./commands/tool-commands.js')).preflightCommand(cli) },
  { name: 'spawn', load: async (cli) => (await import('./commands/tool-commands.js')).spawnCommand(cli) },
  { name: 'status', load: async (cli) => (await import('./commands/status-command.js')).statusCommand(cli) },
  { name: 'pause', load: async (cli) => (await import('./commands/pause-command.js')).pauseCommand(cli) },
  { name: 'unpause', load: async (cli) => (await import('./commands/pause-command.js')).unpauseCommand(cli) },
  { name: 'abort', load: async (cli) => (await import('./commands/abort-command.js')).abortCommand(cli) },
  { name: 'diff', load: async (cli) => (await import('./commands/diff-command.js')).diffCommand(cli) },
  { name: 'worker', load: async (cli) => (await import('./commands/worker-command.js')).workerCommand(cli) },
  { name: 'merge', load: async (cli) => (await import('./commands/merge-command.js')).mergeCommand(cli) },
  { name: 'merger', load: async (cli) => (await import('./commands/merger-command.js')).mergerCommand(cli) },
  { name: 'cleanup', load: async (cli) => (await import('./commands/tool-commands.js')).cleanupCommand(cli) },
  { name: 'logs', load: async (cli) => (await import('./commands/logs-command.js')).logsCommand(cli) },
  { name: 'attach', load: async (cli) => (await import('./commands/attach-command.js')).attachCommand(cli) },
  { name: 'history', load: async (cli) => (await import('./commands/history-command.js')).historyCommand(cli) },
  { name: 'doctor', load: async (cli) => (await import('./commands/doctor-command.js')).doctorCommand(cli) },
  {
    name: 'test-recovery',
    load: async (cli) => (await import('./commands/test-recovery-command.js')).testRecoveryCommand(cli),
  },
  { name: 'trust', load: async (cli) => (await import('./commands/trust-command.js')).trustCommand(cli) },
  { name: 'config', load: async (cli) => (await import('./commands/config-command.js')).configCommand(cli, 'config') },
  {
    name: 'parallel-config',
    isOtherName: true,
    load: async (cli) => (await import('./commands/config-command.js')).configCommand(cli, 'parallel-config'),
  },
  { name: 'setup', load: async (cli) => (await import('./commands/setup-command.js')).setupCommand(cli) },
  { name: 'render', load: async (cli) => (await import('./commands/render-command.js')).renderCommand(cli) },
  {
    name: 'integrate',
    load: async (cli) => (await import('./commands/integrate-command.js')).integrateCommand(cli),
  },
  {
    name: 'run-checks',
    isOtherName: true,
    load: async (cli) => (await import('./commands/integrate-command.js')).runChecksCommand(cli),
  },
  { name: 'mcp', load: async (cli) => (await import('./commands/mcp-command.js')).mcpCommand(cli) },
];
