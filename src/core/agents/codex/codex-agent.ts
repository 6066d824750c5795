import { outputOf } from '../base/agent-facts.js';
import type { Agent } from '../base/agent.js';
import { noCommand } from '../base/no-command.js';
import { permissionModeCheck } from '../base/permission-mode.js';
import { checkCodexSettings, codexCommand, codexReview } from './codex-command.js';
import { CODEX, CODEX_PROJECT } from './codex-files.js';
import { EMPTY_CODEX, foldCodexLine, isCodexSessionLine } from './codex-output.js';
import { codexWords } from './codex-words.js';

/** The Codex CLI. */
export const CODEX_AGENT: Agent = {
  kind: CODEX,
  title: 'Codex',

  program: () => 'codex',
  cli: { name: 'Codex CLI', install: 'npm install -g @openai/codex', tested: '0.171.0' },
  check: (agent, key) => {
    noCommand(CODEX, agent, key);
    checkCodexSettings(agent, key);
  },
  checks: (agent) =>
    permissionModeCheck(agent, 'Codex runs without its sandbox: everything it does on this machine is allowed'),
  promptLimit: () => null,
  // Those that Codex sets for the commands it runs; its login and folder (CODEX_API_KEY, CODEX_HOME) are kept.
  describesSession: (variable) =>
    /^CODEX_(?:THREAD_ID|SESSION_ID|TOOL_CALL_ID|CI|SANDBOX|SANDBOX_NETWORK_DISABLED|INTERNAL_\w+)$/.test(variable),

  sessions: 'told',
  tokensOf: 'session',
  rulesIn: 'prompt',
  ownRules: `## Codex

Git's own folder is read-only for you, so you cannot commit: leave your changes in the worktree, and o8 commits them when
you are done. This replaces what the rules and the task say about commits. To report that you are done, create the file
\`.claude-task-complete\`; your last message is the summary.`,
  readsPrompt: true,
  runsCommands: false,
  launch: codexCommand,
  review: codexReview,

  output: outputOf(EMPTY_CODEX, foldCodexLine),
  givesResult: true,
  tellsCost: false,
  isKept: isCodexSessionLine,
  words: codexWords,
  unguarded: (tool) => `Codex ran ${tool} without o8's guard`,

  attach: (sessionId) => ['resume', sessionId],
  project: CODEX_PROJECT,
};
