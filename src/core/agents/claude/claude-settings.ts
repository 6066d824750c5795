import * as z from 'zod';
import { GUARD_MARK } from '../../scope/write-guard.js';
import { O8Error } from '../../base/errors.js';
import { inputProblems } from '../../input/schema-words.js';
import { shellQuote } from '../../base/shell-quote.js';

/** A hook that outlasts this is taken for "allow" by Claude Code; on a loaded machine Node may take seconds to start. */
const GUARD_TIMEOUT_S = 60;

const hook = z.looseObject({ type: z.literal('command'), command: z.string().min(1), timeout: z.number().optional() });
const hookGroups = z.array(z.looseObject({ matcher: z.string().optional(), hooks: z.array(hook) }));

/**
 * The parts of the user's `agent.settings` that share a key with ours. Claude Code drops the whole of `--settings`,
 * our guard included, when one of these is not as it should be, so nothing else gets through.
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
 * program and its arguments. A guard that cannot run denies (`|| exit 2`). O8Error `usage` names a setting that would
 * take the guard away.
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
  // Bash has no guard, but deny rules. This hook only shows that hooks run; node would take a tenth of a second each time.
  const witness = {
    matcher: 'Bash',
    hooks: [{ type: 'command', command: `echo ${GUARD_MARK} >&2`, timeout: GUARD_TIMEOUT_S }],
  };
  const allowed = [...(permissions.allow ?? []), ...allow];
  return {
    ...rest,
    // Set explicitly: a project's settings can say true, and the settings here take precedence over them.
    disableAllHooks: false,
    // What `--permission-prompts none` does, in a place where versions that do not know it pass over it.
    permissions: { ...permissions, denyInsteadOfPrompting: true, ...(allowed.length > 0 ? { allow: allowed } : {}) },
    hooks: { ...hooks, PreToolUse: [guardHook, witness, ...(hooks['PreToolUse'] ?? [])] },
  };
}

/** O8Error `usage` for an `agent.settings` that Claude Code would not take or that would take the guard away. */
export function checkClaudeSettings(own: Readonly<Record<string, unknown>>): void {
  parseOwnSettings(own);
}

/** Whether Claude Code would read these settings and not drop them whole. */
export function areReadable(settings: Readonly<Record<string, unknown>>): boolean {
  return ownSettings.safeParse(settings).success;
}

function parseOwnSettings(own: Readonly<Record<string, unknown>>): z.infer<typeof ownSettings> {
  const parsed = ownSettings.safeParse(own);
  if (parsed.success) return parsed.data;
  const [fault] = inputProblems(ownSettings, own, parsed.error.issues);
  const key = ['agent.settings', ...(parsed.error.issues[0]?.path ?? [])].join('.');
  throw new O8Error(
    'usage',
    `${key} ${fault?.problem ?? 'cannot be used'}; Claude Code would drop all settings, and with them the guard against writes outside a task's worktree`,
    `Correct ${key} in .claude/parallel-config.json.`,
  );
}
