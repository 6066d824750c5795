import * as z from 'zod';

/** One line of git's configuration. `value` is null for a key without one (`[core] bare`), which counts as true. */
const settingSchema = z.strictObject({
  scope: z.enum(['system', 'global', 'local', 'worktree']),
  /** The file it stands in, absolute. */
  file: z.string(),
  key: z.string(),
  value: z.string().nullable(),
});
export type GitSetting = z.infer<typeof settingSchema>;

/** Git's configuration for a repository, in the order in which git reads it; or git's words where it cannot read it. */
export const gitSettingsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('read'), settings: z.array(settingSchema) }),
  z.strictObject({ kind: z.literal('unreadable'), message: z.string() }),
]);
export type GitSettings = z.infer<typeof gitSettingsSchema>;

/** A key of one file with all its values: none where it is not set. */
export const settingChangeSchema = z.strictObject({
  scope: settingSchema.shape.scope,
  file: z.string(),
  key: z.string(),
  before: z.array(z.string().nullable()),
  after: z.array(z.string().nullable()),
  /** What git used before where the file did not say: the value of another file. */
  inherited: z.string().optional(),
});
export type SettingChange = z.infer<typeof settingChangeSchema>;

/**
 * From `git config --list -z --show-scope --show-origin`; `absolute` makes a path whole that git names from where it ran.
 * `as`: the scope of a file that git was told to read, which it calls a command's.
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
    if (parsed.success && origin.startsWith('file:')) settings.push(parsed.data); // not of a command line
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
 * `now` without what agents changed: of each key in `changes` that still has the values they gave it, the values of
 * before. What somebody changed afterwards counts.
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
  // Values of one key stay in order, since sorting is stable; keys of one file do not depend on each other.
  return [...kept, ...restored].sort((a, b) => order.indexOf(a.scope) - order.indexOf(b.scope));
}

/** Conditions are decided, and a worktree's own file is put in by whoever writes it. */
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
