import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { outputOf } from '../base/agent-facts.js';
import type { Agent } from '../base/agent.js';
import { noCommand } from '../base/no-command.js';
import { permissionModeCheck } from '../base/permission-mode.js';
import { claudeReview } from './claude-review.js';
import { claudeCommand } from './claude-command.js';
import { CLAUDE, CLAUDE_FILES, CLAUDE_SETTINGS, claudeItems, commandWords } from './claude-files.js';
import { checkClaudeSettings } from './claude-settings.js';
import { EMPTY_CLAUDE_STREAM, foldClaudeLine, isSessionEvent } from './claude-stream.js';
import { claudeWords } from './claude-words.js';

/** Claude Code. */
export const CLAUDE_AGENT: Agent = {
  kind: CLAUDE,
  title: 'Claude',

  program: () => 'claude',
  cli: { name: 'Claude CLI', install: 'Install Claude Code CLI: https://claude.ai/code', tested: '2.1.197' },
  check: (agent, key) => {
    noCommand(CLAUDE, agent, key);
    checkClaudeSettings(agent.settings, key);
  },
  checks: (agent) =>
    permissionModeCheck(
      agent,
      'Agents run with bypassPermissions: everything they do on this machine is allowed without asking',
    ),
  promptLimit: () => null,
  describesSession: (variable) =>
    variable === 'AI_AGENT' ||
    (variable.startsWith('CLAUDE') && !CONFIGURATION.some((pattern) => pattern.test(variable))),

  sessions: 'chosen',
  rulesIn: 'system_prompt',
  ownRules: null,
  readsPrompt: true,
  runsCommands: true,
  launch: ({ session, node, guard, rules, ...attempt }) => {
    if (session.sessionId === null) throw new Error('a Claude session needs an id before it starts');
    return claudeCommand({
      ...attempt,
      attempt: { sessionId: session.sessionId, continues: session.continues },
      workerRules: rules,
      guard: { node, program: guard },
    });
  },

  review: claudeReview,

  output: outputOf(EMPTY_CLAUDE_STREAM, foldClaudeLine),
  givesResult: true,
  tokensOf: 'process',
  tellsCost: true,
  isKept: isSessionEvent,
  words: claudeWords,
  unguarded: (tool) =>
    `Claude Code ran ${tool} without o8's guard against writes outside the worktree, so the agent was stopped: ` +
    `its hooks did not run (is CLAUDE_CODE_SIMPLE or disableAllHooks set, or is \`claude\` a script that adds --bare?)`,

  attach: (sessionId) => ['--resume', sessionId],

  project: {
    wanted: CLAUDE_FILES,
    itemsOf: claudeItems,
    commandWords: (path, text) => (path.endsWith('.json') ? commandWords(text) : []),
    settingsFile: CLAUDE_SETTINGS,
    trustRecord: {
      file: (env, home) => {
        const configured = env['CLAUDE_CONFIG_DIR'];
        return join(configured !== undefined && isAbsolute(configured) ? configured : home, '.claude.json');
      },
      trusts: (text, folder) => {
        const record = recordSchema.safeParse(JSON.parse(text));
        return record.data?.projects?.[folder]?.hasTrustDialogAccepted === true;
      },
    },
  },
};

/** `CLAUDE*` variables that are configuration: login, provider, certificates, limits. All others describe a session. */
const CONFIGURATION = [
  /^CLAUDE_CONFIG_DIR$/,
  /^CLAUDE_CODE_(USE|SKIP|ENABLE|DISABLE|MAX|CLIENT)_/,
  /^CLAUDE_CODE_(OAUTH_TOKEN|OAUTH_REFRESH_TOKEN|OAUTH_SCOPES|API_KEY_HELPER_TTL_MS|CERT_STORE|EXTRA_BODY)$/,
  /^CLAUDE_CODE_(SUBAGENT_MODEL|EFFORT_LEVEL|PROXY_RESOLVES_HOSTS|SHELL|SHELL_PREFIX|SUBPROCESS_ENV_SCRUB|TMPDIR)$/,
];

const recordSchema = z.looseObject({
  projects: z.record(z.string(), z.looseObject({ hasTrustDialogAccepted: z.boolean().optional() })).optional(),
});
