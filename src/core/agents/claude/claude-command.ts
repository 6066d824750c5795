import { ARGUMENT_LIMIT_BYTES } from '../base/argument-limit.js';
import { permissionRules, toolsOf } from './claude-permissions.js';
import { claudeSettings } from './claude-settings.js';
import { COMPLETION_JSON_SCHEMA } from '../base/completion-schema.js';
import { O8Error } from '../../base/errors.js';
import type { PlannedTask } from '../../plan/plan.js';
import type { Settings } from '../../settings/settings.js';
import type { Launch, ProjectSettings } from '../base/agent.js';
import { withProjectSettings } from './frozen-settings.js';
import { SKILL_RULES } from '../base/worker-rules.js';
import { writeRules, writeRulesArguments } from '../../scope/write-guard.js';

export interface ClaudeAttempt {
  /** The Claude Code program: a path or a name on PATH. */
  readonly program: string;
  readonly task: PlannedTask;
  readonly settings: Settings;
  readonly project: ProjectSettings;
  /** `sessionId` is a UUID; a new session needs an unused one. `continues`: resume this session. */
  readonly attempt: { readonly sessionId: string; readonly continues: boolean };
  /** Text for the system prompt; see `workerRules`. */
  readonly workerRules: string;
  /** What this attempt may cost in US dollars, null for no limit. */
  readonly budgetUsd: number | null;
  /** Absolute paths of Node and of the bundled guard program. */
  readonly guard: { readonly node: string; readonly program: string };
}

/** The tools a worker needs for coding. With fewer tools a request is smaller (14 KB instead of 83 KB). */
export const TOOLS = ['Read', 'Edit', 'Write', 'NotebookEdit', 'Bash', 'Grep', 'Glob'];

/** Additional tools for a slash command of the repository, which may use its own agents and skills. */
const SKILL_TOOLS = ['Skill', 'Agent'];

/**
 * Two retries inside the agent are enough for a short network error. Its default of ten takes three minutes, and a longer
 * outage pauses the run anyway. Workers must not update Claude Code.
 */
export const ENVIRONMENT = { CLAUDE_CODE_MAX_RETRIES: '2', DISABLE_AUTOUPDATER: '1' };
const MEMORY_OF_FOLDERS = { CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1' };

/** A slash command may start the agents it names, but those start no others. Newer versions allow three levels. */
const SKILL_ENVIRONMENT = { CLAUDE_CODE_MAX_SUBAGENT_SPAWN_DEPTH: '1' };

/**
 * The Claude Code command line of one attempt. The repository's project settings apply; settings of the user's account
 * and other MCP servers do not, nor do slash commands, except for a task that calls one. O8Error `usage` when a setting
 * would disable the guard, or a value is too long for an argument.
 */
export function claudeCommand(attempt: ClaudeAttempt): Launch {
  const { task, settings, project } = attempt;
  const writes = writeRules(task, settings.scope);
  const usesSkill = task.promptKind === 'skill';
  const skillTools = usesSkill ? SKILL_TOOLS : [];
  const commands = [task.setup, task.verify].filter((command) => command !== null);
  const rules = permissionRules(writes, commands, [...skillTools, ...settings.agent.allowedTools]);
  const guard = [attempt.guard.node, attempt.guard.program, ...writeRulesArguments(writes)];
  const ownSettings =
    project.kind === 'frozen'
      ? withProjectSettings(project.settings, settings.agent.settings)
      : settings.agent.settings;
  const model = task.model ?? settings.agent.model;
  const systemPrompt = [attempt.workerRules, ...(usesSkill ? [SKILL_RULES] : [])]
    .filter((text) => text !== '')
    .join('\n\n');
  const { sessionId, continues } = attempt.attempt;
  // --allowedTools, --disallowedTools and --tools take all following words up to the next option.
  const argv = [
    attempt.program,
    '-p',
    // Hook events show that the guard runs; see `guard-sight.ts`.
    ...['--output-format', 'stream-json', '--verbose', '--include-hook-events'],
    ...[continues ? '--resume' : '--session-id', sessionId],
    ...sourcesOf(project, task),
    ...(usesSkill ? [] : ['--disable-slash-commands']),
    ...['--tools', unique([...TOOLS, ...skillTools, ...toolsOf(settings.agent.allowedTools)]).join(',')],
    // Since 2.1.200 `default` is called `manual`; every version accepts the old name.
    ...['--permission-mode', settings.agent.permissionMode === 'manual' ? 'default' : settings.agent.permissionMode],
    ...['--allowedTools', ...rules.allow],
    ...['--disallowedTools', ...rules.deny],
    ...['--json-schema', COMPLETION_JSON_SCHEMA],
    ...['--settings', JSON.stringify(claudeSettings(guard, rules.allowInSettings, ownSettings))],
    ...(systemPrompt === '' ? [] : [`--append-system-prompt=${systemPrompt}`]),
    ...(settings.agent.maxTurns === null ? [] : ['--max-turns', String(settings.agent.maxTurns)]),
    ...(attempt.budgetUsd === null ? [] : ['--max-budget-usd', decimal(attempt.budgetUsd)]),
    ...(model === null ? [] : [`--model=${model}`]),
  ];
  refuseLongArguments(task.id, argv);
  return { argv, env: environmentOf(project, usesSkill) };
}

function environmentOf(project: ProjectSettings, usesSkill: boolean): Record<string, string> {
  return {
    ...ENVIRONMENT,
    ...(usesSkill ? SKILL_ENVIRONMENT : {}),
    ...(project.kind === 'frozen' ? MEMORY_OF_FOLDERS : {}),
  };
}

/** Without the setting source `project`, `.claude/` and CLAUDE.md are not read; `--add-dir` adds CLAUDE.md again. */
function sourcesOf(project: ProjectSettings, { worktree }: PlannedTask): string[] {
  switch (project.kind) {
    case 'worktree':
      return ['--setting-sources', 'project', '--strict-mcp-config'];
    case 'frozen':
      return ['--setting-sources', '', '--add-dir', worktree, '--strict-mcp-config'];
  }
}

function refuseLongArguments(task: string, argv: readonly string[]): void {
  const long = argv.find((argument) => Buffer.byteLength(argument) > ARGUMENT_LIMIT_BYTES);
  if (long === undefined) return;
  throw new O8Error(
    'usage',
    `Task ${task}: its scope, settings or worker rules result in an argument of ${String(Buffer.byteLength(long))} bytes for Claude Code, which is too long (${long.slice(0, 40)}…).`,
    'Shorten the scope, agent.settings or .claude/agents/worker.md.',
  );
}

/** Not in exponent form, which the option does not parse. Any request costs more than a millionth of a dollar. */
function decimal(usd: number): string {
  return Math.max(usd, 0.000001).toFixed(6);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
