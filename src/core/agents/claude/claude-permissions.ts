import { COMPLETION_MARKER } from '../../plan/completion-marker.js';
import { globAlternatives } from '../../scope/glob.js';
import type { WriteRules } from '../../scope/write-guard.js';

/*
 * Permission rules of Claude Code, as measured on 2.1.197 with the flags --allowedTools and --disallowedTools:
 * - `Edit(/src/**)` is anchored at the working folder, covers Write and `echo > file` in Bash, and resolves links.
 *   (`Edit(./a.md)` also means `docs/a.md`; in `--settings` the spelling with `/` matches nothing.)
 * - `Bash(git push *)` also means `git push` alone. A command of several parts (`a && b`) is checked part by part,
 *   or matches a rule that contains it word for word.
 * - Redirections and `mkdir` are checked against the working folder, `git diff --output=FILE` is not.
 */

/** What every worker may run; the second word is a subcommand that only reads or commits. */
const ALLOWED_COMMANDS = ['git add', 'git commit', 'git status', 'git diff', 'git log', 'git show', 'ls', 'mkdir'];

/**
 * Denied in every permission mode: stashes, configuration and worktrees are shared by all worktrees of a repository,
 * workers must not publish, and the last four would bypass the other rules.
 */
const DENIED_COMMANDS = [
  'git stash',
  'git config',
  'git worktree',
  'git push',
  'git remote',
  'git -C',
  'git -c',
  'git --git-dir',
  'git --work-tree',
];

export interface PermissionRules {
  /** For --allowedTools and --disallowedTools. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** Allow rules that the flags would split; they go into `permissions.allow` of --settings. */
  readonly allowInSettings: readonly string[];
}

/** `commands` are shell commands the user confirmed (`setup`, `verify`), `extra` the user's own `agent.allowedTools`. */
export function permissionRules(
  writes: WriteRules,
  commands: readonly string[],
  extra: readonly string[],
): PermissionRules {
  const edits = writes.allow.length === 0 ? ['Edit(/**)'] : [COMPLETION_MARKER, ...writes.allow].flatMap(editRules);
  const allow = unique([
    ...['Read', 'Grep', 'Glob'],
    ...edits,
    ...ALLOWED_COMMANDS.map((command) => `Bash(${command} *)`),
    ...commands.map((command) => `Bash(${command})`),
    ...extra,
  ]);
  return {
    allow: allow.filter(fitsFlag),
    deny: unique([
      ...['Edit(/.git)', 'Edit(/.git/**)'],
      ...writes.boundary.flatMap(editRules),
      ...DENIED_COMMANDS.map((command) => `Bash(${command} *)`),
      'Bash(git *--output*)',
    ]),
    allowInSettings: allow.filter((rule) => !fitsFlag(rule)),
  };
}

/** The tools that the user's rules need: `WebFetch(domain:a.b)` needs WebFetch. */
export function toolsOf(rules: readonly string[]): string[] {
  return unique(rules.flatMap((rule) => /^[A-Za-z]\w*/.exec(rule)?.[0] ?? []));
}

/**
 * A glob of a scope as rules. Rules are gitignore patterns: they have no braces, and read the brackets in
 * `app/[id]/page.tsx` as a set of characters, so a second rule is added for the literal name. A character that the flags
 * or the rule syntax would misread becomes `?`; the guard program checks the exact name.
 */
function editRules(glob: string): string[] {
  return (globAlternatives(glob) ?? [glob])
    .flatMap((pattern) => [pattern, pattern.replace(/[[\]]/g, '?')])
    .map((pattern) => `Edit(/${pattern.replace(/[\s(),\\]/g, '?')})`);
}

/**
 * The flags split their values at commas and spaces outside `(…)`, and take the first `)` as the end; a value
 * that starts with `-` would be the next option.
 */
function fitsFlag(rule: string): boolean {
  return /^[A-Za-z][\w*:-]*(?:\([^)]*\)[^\s,]*)?$/.test(rule);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}
