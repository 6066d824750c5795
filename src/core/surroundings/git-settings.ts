import * as z from 'zod';

/** One entry of git's configuration. `value` is null for a key without a value (`[core] bare`), which means true. */
const settingSchema = z.strictObject({
  scope: z.enum(['system', 'global', 'local', 'worktree']),
  /** The file that contains it, absolute. */
  file: z.string(),
  key: z.string(),
  value: z.string().nullable(),
});
export type GitSetting = z.infer<typeof settingSchema>;

/** Git's configuration for a repository, in the order in which git reads it; or git's message if it cannot read it. */
export const gitSettingsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('read'), settings: z.array(settingSchema) }),
  z.strictObject({ kind: z.literal('unreadable'), message: z.string() }),
]);
export type GitSettings = z.infer<typeof gitSettingsSchema>;

/** A key of one file with all its values: none if it is not set. */
export const settingChangeSchema = z.strictObject({
  scope: settingSchema.shape.scope,
  file: z.string(),
  key: z.string(),
  before: z.array(z.string().nullable()),
  after: z.array(z.string().nullable()),
  /** The effective value before, from another file, if this file did not set it. */
  inherited: z.string().optional(),
});
export type SettingChange = z.infer<typeof settingChangeSchema>;

/**
 * Parses `git config --list -z --show-scope --show-origin`; `absolute` completes paths that git prints relative to its
 * folder. `as`: the scope of a file passed to git explicitly, which git reports as `command`.
 */
export function parseSettings(
  output: string,
  absolute: (path: string) => string,
  as: GitSetting['scope'] | null = null,
): GitSetting[] {
  const parts = output.split('\0');
  const settings: GitSetting[] = [];
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const [scope = '', origin = '', entry = ''] = parts.slice(at, at + 3);
    const end = entry.indexOf('\n');
    const parsed = settingSchema.safeParse({
      scope: as ?? scope,
      file: absolute(origin.replace(/^file:/, '')),
      key: end === -1 ? entry : entry.slice(0, end),
      value: end === -1 ? null : entry.slice(end + 1),
    });
    if (parsed.success && origin.startsWith('file:')) settings.push(parsed.data); // not from the command line
  }
  return settings;
}

/** Keys that differ, each with its values in order. */
export function changedSettings(before: readonly GitSetting[], after: readonly GitSetting[]): SettingChange[] {
  const [was, is] = [valuesOf(before), valuesOf(after)];
  const changes: SettingChange[] = [];
  for (const id of new Set([...was.keys(), ...is.keys()])) {
    const [old, now] = [was.get(id), is.get(id)];
    const known = old ?? now;
    if (known === undefined || JSON.stringify(old?.values) === JSON.stringify(now?.values)) continue;
    const { scope, file, key } = known;
    const inherited = old === undefined ? before.findLast((setting) => setting.key === key)?.value : undefined;
    changes.push({
      ...{ scope, file, key, before: old?.values ?? [], after: now?.values ?? [] },
      ...(inherited === undefined || inherited === null ? {} : { inherited }),
    });
  }
  return changes;
}

/**
 * `now` without the agents' changes: each key in `changes` that still has the agents' values gets its earlier values.
 * Later changes by the user stay.
 */
export function withoutChanges(now: readonly GitSetting[], changes: readonly SettingChange[]): GitSetting[] {
  const current = valuesOf(now);
  const taken = changes.filter((change) => {
    const values = current.get(idOf(change))?.values ?? [];
    return JSON.stringify(values) === JSON.stringify(change.after);
  });
  const ids = new Set(taken.map(idOf));
  const kept = now.filter((setting) => !ids.has(idOf(setting)));
  const restored = taken.flatMap(({ scope, file, key, before }) =>
    before.map((value) => ({ scope, file, key, value })),
  );
  const order = ['system', 'global', 'local', 'worktree'];
  // Values of one key keep their order, because sorting is stable; keys of one file are independent.
  return [...kept, ...restored].sort((a, b) => order.indexOf(a.scope) - order.indexOf(b.scope));
}

/** Sections omitted: conditions are already evaluated, and the worktree's own file is added by the caller. */
const NOT_WRITTEN = /^(?:include\.|includeif\.|extensions\.worktreeconfig$)/i;

/** A configuration file with these settings, includes resolved. */
export function configText(settings: readonly GitSetting[]): string {
  return settings
    .filter(({ key }) => !NOT_WRITTEN.test(key))
    .map(({ key, value }) => {
      const [first, last] = [key.indexOf('.'), key.lastIndexOf('.')];
      const sub = first === last ? '' : ` "${key.slice(first + 1, last).replace(/[\\"]/g, '\\$&')}"`;
      const name = key.slice(last + 1);
      return `[${key.slice(0, first)}${sub}]\n\t${name}${value === null ? '' : ` = ${quoted(value)}`}\n`;
    })
    .join('');
}

function quoted(value: string): string {
  const escaped = value
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\b', '\\b');
  return `"${escaped}"`;
}

interface Values {
  readonly scope: GitSetting['scope'];
  readonly file: string;
  readonly key: string;
  readonly values: (string | null)[];
}

function valuesOf(settings: readonly GitSetting[]): Map<string, Values> {
  const found = new Map<string, Values>();
  for (const setting of settings) {
    const id = idOf(setting);
    const known = found.get(id);
    if (known === undefined) found.set(id, { ...setting, values: [setting.value] });
    else known.values.push(setting.value);
  }
  return found;
}

function idOf({ file, key }: { readonly file: string; readonly key: string }): string {
  return `${file}\0${key}`;
}
