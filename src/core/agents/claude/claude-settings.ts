import * as z from 'zod';
import { GUARD_MARK } from '../../scope/write-guard.js';
import { O8Error } from '../../base/errors.js';
import { inputProblems } from '../../input/schema-words.js';
import { shellQuote } from '../../base/shell-quote.js';

/** Claude Code treats a hook that takes longer as "allow"; on a loaded machine Node may take seconds to start. */
const GUARD_TIMEOUT_S = 60;

const hook = z.looseObject({ type: z.literal('command'), command: z.string().min(1), timeout: z.number().optional() });
const hookGroups = z.array(z.looseObject({ matcher: z.string().optional(), hooks: z.array(hook) }));

/**
 * The keys of the user's `agent.settings` that o8 sets as well, or that could disable the guard. If one of them is
 * invalid, Claude Code ignores all of `--settings`, including the guard, so they are validated here.
 */
const ownSettings = z.looseObject({
  hooks: z.record(z.string(), hookGroups).optional(),
  permissions: z
    .looseObject({
      allow: z.array(z.string()).optional(),
      deny: z.array(z.string()).optional(),
      ask: z.array(z.string()).optional(),
      additionalDirectories: z.array(z.string()).optional(),
    })
    .optional(),
  disableAllHooks: z.literal(false).optional(),
  model: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});

/**
 * The value of `--settings`: the user's `agent.settings` with the write guard in front of their hooks. `guard` is the
 * program and its arguments. If the guard cannot run, the tool call is denied (`|| exit 2`). O8Error `usage` for a setting
 * that would disable the guard.
 */
export function claudeSettings(
  guard: readonly string[],
  allow: readonly string[],
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { hooks = {}, permissions = {}, ...rest } = parseOwnSettings(own);
  const command = `${guard.map(shellQuote).join(' ')} || exit 2`;
  const guardHook = {
    matcher: 'Write|Edit|MultiEdit|NotebookEdit',
    hooks: [{ type: 'command', command, timeout: GUARD_TIMEOUT_S }],
  };
  // Bash has deny rules instead of a guard. This hook only shows that hooks run; starting node would take 0.1 s each time.
  const witness = {
    matcher: 'Bash',
    hooks: [{ type: 'command', command: `echo ${GUARD_MARK} >&2`, timeout: GUARD_TIMEOUT_S }],
  };
  const allowed = [...(permissions.allow ?? []), ...allow];
  return {
    ...rest,
    // Set explicitly, because project settings may have true; these settings take precedence.
    disableAllHooks: false,
    // The same as `--permission-prompts none`, but older versions ignore an unknown setting.
    permissions: { ...permissions, denyInsteadOfPrompting: true, ...(allowed.length > 0 ? { allow: allowed } : {}) },
    hooks: { ...hooks, PreToolUse: [guardHook, witness, ...(hooks['PreToolUse'] ?? [])] },
  };
}

/** O8Error `usage` for `agent.settings` that Claude Code would reject or that would disable the guard. */
export function checkClaudeSettings(own: Readonly<Record<string, unknown>>, agentKey: string): void {
  parseOwnSettings(own, agentKey);
}

/** Whether Claude Code accepts these settings; it ignores invalid ones completely. */
export function areReadable(settings: Readonly<Record<string, unknown>>): boolean {
  return ownSettings.safeParse(settings).success;
}

function parseOwnSettings(own: Readonly<Record<string, unknown>>, agentKey = 'agent'): z.infer<typeof ownSettings> {
  const parsed = ownSettings.safeParse(own);
  if (parsed.success) return parsed.data;
  const [fault] = inputProblems(ownSettings, own, parsed.error.issues);
  const key = [`${agentKey}.settings`, ...(parsed.error.issues[0]?.path ?? [])].join('.');
  throw new O8Error(
    'usage',
    `${key} ${fault?.problem ?? 'cannot be used'}. Claude Code would ignore all settings, including the guard against writes outside a task's worktree.`,
    `Correct ${key} in .claude/parallel-config.json.`,
  );
}
