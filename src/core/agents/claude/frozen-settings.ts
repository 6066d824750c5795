import * as z from 'zod';
import { areReadable } from './claude-settings.js';
import { parsedObject } from './claude-files.js';

const lists = z.record(z.string(), z.unknown());

/**
 * Claude's project settings (their text, null for none) merged with the user's `agent.settings`, as Claude Code merges
 * them: lists of hooks and permissions are joined, and for other keys the user's value is used. Project settings that
 * Claude Code would reject are left out.
 */
export function withProjectSettings(
  project: string | null,
  own: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const found = project === null ? null : parsedObject(project);
  if (found === null) return own;
  // The guard against writes outside the worktree is a hook.
  const below = Object.fromEntries(Object.entries(found).filter(([key]) => key !== 'disableAllHooks'));
  if (!areReadable(below)) return own;
  return {
    ...below,
    ...own,
    ...joined('hooks', below, own),
    ...joined('permissions', below, own),
    ...joined('env', below, own),
  };
}

function joined(
  key: string,
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const [lower, upper] = [lists.safeParse(below[key] ?? {}), lists.safeParse(above[key] ?? {})];
  if (!lower.success || !upper.success) return {};
  const names = new Set([...Object.keys(lower.data), ...Object.keys(upper.data)]);
  if (names.size === 0) return {};
  const entries = [...names].map((name): [string, unknown] => {
    const [one, other] = [lower.data[name], upper.data[name]];
    return [name, isList(one) && isList(other) ? [...one, ...other] : (other ?? one)];
  });
  return { [key]: Object.fromEntries(entries) };
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}
