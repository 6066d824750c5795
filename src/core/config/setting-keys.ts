import { o8, text } from '../base/text.js';
import * as z from 'zod';
import { O8Error } from '../base/errors.js';
import { refuseUnusable, refuseUnusableAgents } from './unusable-settings.js';
import { inputProblems } from '../input/schema-words.js';
import { quote } from '../text/untrusted-text.js';
import { agentFileSchema, agentKind } from '../settings/agent-settings.js';
import { resolveSettings, settingsFileSchema, type SettingsFile } from '../settings/settings.js';
import { sourceFacts, type SourceKind } from '../plan/sources.js';

/** A setting by its name: `retries`, `merge.into`. */
interface SettingKey {
  readonly name: string;
  readonly path: readonly string[];
  readonly schema: z.ZodType;
}

export interface SettingView {
  readonly key: string;
  readonly value: unknown;
  readonly source: 'file' | 'default';
}

const KEYS: readonly SettingKey[] = leavesOf(settingsFileSchema, []);

/** Every setting with its effective value for a plan without settings, and the source of the value. */
export function settingViews(file: SettingsFile, kind: SourceKind): SettingView[] {
  const resolved = resolveSettings(sourceFacts(kind).defaults, file, {}, {});
  const effective = {
    ...resolved,
    agent: { ...resolved.agent, kind: agentKind(resolved.agent) },
    agents: file.agents ?? {}, // as written, without the values inherited from `agent`
  };
  return KEYS.map(({ name, path }) => ({
    key: name,
    value: valueAt(effective, path) ?? null,
    source: valueAt(file, path) === undefined ? 'default' : 'file',
  }));
}

/**
 * The settings with one more. `typed` is the user's input: JSON if the setting is not a text. O8Error `usage` names the
 * known keys, or the problem with the value.
 */
export function withSetting(file: SettingsFile, name: string, typed: string): SettingsFile {
  const key = keyOf(name);
  if (key === null) throw unknownKey(name);
  const parsed = candidates(typed).map((value) => key.schema.safeParse(value));
  const good = parsed.find(({ success }) => success);
  if (good !== undefined) {
    const { agent, agents, ...alone } = settingsFileSchema.parse(replaced({}, key.path, good.data));
    refuseUnusable(alone);
    const settings = settingsFileSchema.parse(replaced(file, key.path, good.data));
    if (agent !== undefined || agents !== undefined) refuseUnusableAgents(settings);
    return settings;
  }
  const [given] = candidates(typed);
  const problems = inputProblems(key.schema, given, parsed[0]?.error?.issues ?? []);
  throw new O8Error(
    'usage',
    `${problems.map(({ at, problem }) => `${name}${at} ${problem}`).join('; ')}.`,
    text`${o8('config')} shows the current settings, docs/settings.md lists the allowed values; write lists and objects as quoted JSON.`,
  );
}

/**
 * The settings without one key, or without a whole group such as `merge`, which then has its default. O8Error `usage`.
 */
export function withoutSetting(file: SettingsFile, name: string): SettingsFile {
  const path = keyOf(name)?.path ?? (KEYS.some((key) => key.path[0] === name) ? [name] : null);
  if (path === null) throw unknownKey(name);
  return settingsFileSchema.parse(replaced(file, path, undefined));
}

/** The possible meanings of a word on the command line, the most specific first. */
function candidates(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return [value]; // never intended as text
    return typeof value === 'string' ? [text] : [value, text];
  } catch {
    return [text]; // not JSON: plain text
  }
}

function replaced(file: object, [first = '', ...rest]: readonly string[], value: unknown): object {
  const before = valueAt(file, [first]);
  const group = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {};
  const inner = rest.length === 0 ? value : withoutEmpty(replaced(group, rest, value));
  return withoutEmpty({ ...file, [first]: inner }) ?? {};
}

/** A setting by name; there may be any number of named agents (`agents.<name>.model`). */
function keyOf(name: string): SettingKey | null {
  const [, agent = '', inner = ''] = /^agents\.(.+?)(?:\.(\w+))?$/.exec(name) ?? [];
  if (agent === '') return KEYS.find((known) => known.name === name) ?? null;
  if (inner === '') return { name, path: ['agents', agent], schema: agentFileSchema };
  const found = leavesOf(agentFileSchema, ['agents', agent]).find(({ path }) => path.at(-1) === inner);
  return found === undefined ? null : { ...found, name };
}

/** Undefined for an empty object. */
function withoutEmpty(object: object): Record<string, unknown> | undefined {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries<unknown>(entries);
}

function valueAt(settings: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    settings,
  );
}

function leavesOf(schema: unknown, path: readonly string[]): SettingKey[] {
  if (schema instanceof z.ZodOptional) return leavesOf(schema.unwrap(), path);
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, value]) => leavesOf(value, [...path, key]));
  if (!(schema instanceof z.ZodType)) throw new Error(`setting ${path.join('.')} has no schema`);
  return [{ name: path.join('.'), path, schema }];
}

function unknownKey(name: string): O8Error {
  const inside = KEYS.filter(({ path }) => path.length > 1 && path[0] === name).map((key) => key.name);
  if (inside.length > 0) return new O8Error('usage', `${name} is a group of settings.`, `One of: ${inside.join(', ')}`);
  const known = KEYS.map((key) => key.name)
    .sort()
    .join(', ');
  return new O8Error('usage', `There is no setting ${quote(name)}.`, `Known keys: ${known}`);
}
