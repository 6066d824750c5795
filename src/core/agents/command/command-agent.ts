import { o8 } from '../../base/text.js';
import { pass } from '../../base/check.js';
import { O8Error } from '../../base/errors.js';
import { NO_FACTS, outputOf } from '../base/agent-facts.js';
import type { Agent } from '../base/agent.js';
import { ARGUMENT_LIMIT_BYTES } from '../base/argument-limit.js';
import { agentCommand, checkAgentCommand } from './agent-command.js';

const COMMAND = 'command';

/** Any program of the user: its output is plain text; success is decided by its exit code and the marker file. */
export const COMMAND_AGENT: Agent = {
  kind: COMMAND,
  title: 'agent',

  program: ({ command }) => command?.[0] ?? '',
  cli: null,
  check: ({ command }, key) => {
    if (command === null) {
      throw new O8Error(
        'usage',
        `${key}.kind is ${COMMAND}, but ${key}.command is not set.`,
        o8('config set', [`${key}.command`, '["my-agent", "{promptFile}"]']),
      );
    }
    checkAgentCommand(command, key);
  },
  checks: ({ permissionMode }) => [pass('permission-mode', `Permission mode ${permissionMode}`)],
  promptLimit: ({ command }) =>
    command?.includes('{prompt}') === true
      ? { bytes: ARGUMENT_LIMIT_BYTES, hint: "Use '{promptFile}' instead of '{prompt}' in agent.command" }
      : null,
  describesSession: () => false,

  sessions: 'none',
  rulesIn: 'prompt',
  ownRules: null,
  readsPrompt: false,
  runsCommands: false,
  launch: ({ settings, task, prompt, promptFile }) => {
    const values = { prompt, promptFile, task: task.id, branch: task.branch, worktree: task.worktree };
    return { argv: agentCommand(settings.agent.command ?? [], values), env: {} };
  },
  review: ({ agent, prompt, promptFile, folder, branch }) => {
    const values = { prompt, promptFile, task: 'review', branch, worktree: folder };
    return { argv: agentCommand(agent.command ?? [], values), env: { O8_REVIEW: '1', O8_PROMPT_FILE: promptFile } };
  },

  output: outputOf({ facts: NO_FACTS }, (state) => state),
  givesResult: false,
  tokensOf: 'process',
  tellsCost: false,
  isKept: () => false,
  words: null,
  unguarded: (tool) => `the agent ran ${tool} without o8's guard`,

  attach: null,
  project: null,
};
