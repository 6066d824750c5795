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
  /** `sessionId` is a UUID. A new session needs one that was never used; `continues`: the session exists, go on in it. */
  readonly attempt: { readonly sessionId: string; readonly continues: boolean };
  /** Text for the system prompt; see `workerRules`. */
  readonly workerRules: string;
  /** What this attempt may cost in US dollars, null for no limit. */
  readonly budgetUsd: number | null;
  /** Absolute paths of Node and of the bundled guard program. */
  readonly guard: { readonly node: string; readonly program: string };
}

/** What a worker needs for coding; fewer tools are a shorter request (83 KB to 14 KB measured). */
export const TOOLS = ['Read', 'Edit', 'Write', 'NotebookEdit', 'Bash', 'Grep', 'Glob'];

/** What a command of the repository may need beside them to bring its own agents and skills. */
const SKILL_TOOLS = ['Skill', 'Agent'];

/**
 * Two retries inside the agent ride out a short fault in seconds; its default of ten waits three minutes for what
 * the run can wait for once. Updating itself is not a worker's job.
 */
const ENVIRONMENT = { CLAUDE_CODE_MAX_RETRIES: '2', DISABLE_AUTOUPDATER: '1' };
const MEMORY_OF_FOLDERS = { CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD: '1' };

/** A command of the repository may start the agents it names; those start no others. Newer versions go three deep. */
const SKILL_ENVIRONMENT = { CLAUDE_CODE_MAX_SUBAGENT_SPAWN_DEPTH: '1' };

/**
 * The Claude Code command of one attempt. Settings of the user's account, other MCP servers and slash commands stay
 * out (`o8` itself is one of them), but for a task that is a command of the
 * repository; its own project settings apply. O8Error `usage` when a setting would take the guard away, or a value is
 * too long for an argument.
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
  // --allowedTools, --disallowedTools and --tools take every following word up to the next option.
  const argv = [
    attempt.program,
    '-p',
    // Hook events show that the guard runs; see `guard-sight.ts`.
    ...['--output-format', 'stream-json', '--verbose', '--include-hook-events'],
    ...[continues ? '--resume' : '--session-id', sessionId],
    ...sourcesOf(project, task),
    ...(usesSkill ? [] : ['--disable-slash-commands']),
    ...['--tools', unique([...TOOLS, ...skillTools, ...toolsOf(settings.agent.allowedTools)]).join(',')],
    // Since 2.1.200 `default` is called `manual`; every version knows the old name.
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

/** Without the project source nothing of `.claude/` is read, nor CLAUDE.md, which comes back as that of an added folder. */
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
    `task ${task}: its scope, settings or worker rules make an argument of ${String(Buffer.byteLength(long))} bytes for Claude Code (${long.slice(0, 40)}…)`,
    'Shorten the scope, agent.settings or .claude/agents/worker.md.',
  );
}

/** Never in exponent form, which the option does not read; a millionth of a dollar is less than any request costs. */
function decimal(usd: number): string {
  return Math.max(usd, 0.000001).toFixed(6);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
