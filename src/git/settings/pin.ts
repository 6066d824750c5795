import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { gitSettingsSchema } from '../../core/surroundings/git-settings.js';

/**
 * Git's settings from before agents ran. While the settings on disk differ, o8's git uses these (`protection.ts`). One
 * file per repository: `<common git dir>/o8/settings/pin.json`.
 */
const pinSchema = z.strictObject({
  version: z.literal(1),
  settings: gitSettingsSchema,
  /** Every file that settings were read from, and those that may be created: digest of the content, null if missing. */
  files: z.record(z.string(), z.string().nullable()),
  /** `info/exclude` and `info/attributes`. */
  info: z.record(z.string(), z.string()),
  /** Whether replaced objects (`git replace`) existed before. */
  replaces: z.boolean(),
  /** The settings as agents left them when the run's supervisor stopped; null while a run may be active. */
  left: gitSettingsSchema.nullable(),
});
export type Pin = z.infer<typeof pinSchema>;

export function settingsFolder(commonDir: string): string {
  return join(commonDir, 'o8', 'settings');
}

/** The folder used in place of the common folder. */
export function standInFolder(commonDir: string): string {
  return join(settingsFolder(commonDir), 'common');
}

/** The real common folder, also if git was given the replacement. */
export function realCommonFolder(commonDir: string): string {
  const real = dirname(dirname(dirname(commonDir)));
  return commonDir === standInFolder(real) ? real : commonDir;
}

/** Copy of a settings file from before, for the user to restore. */
export function savedFile(commonDir: string, file: string): string {
  return join(settingsFolder(commonDir), 'saved', createHash('sha256').update(file).digest('hex').slice(0, 12));
}

/** Null if the pin is missing or unreadable: then git uses its current settings. */
export function readPin(commonDir: string): Pin | null {
  const file = join(settingsFolder(commonDir), 'pin.json');
  try {
    const { mtimeMs, size, ino } = statSync(file);
    const signature = `${String(mtimeMs)} ${String(size)} ${String(ino)}`;
    const known = remembered.get(file);
    if (known?.signature === signature) return known.pin;
    const parsed = pinSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    const pin = parsed.success ? moved(parsed.data, commonDir) : null;
    remembered.set(file, { signature, pin });
    return pin;
  } catch {
    return null; // usually missing
  }
}

/** The previous path of a common folder that was moved after its pin was written; null if it was not moved. */
export function movedFrom(commonDir: string): string | null {
  try {
    const pin = pinSchema.parse(JSON.parse(readFileSync(join(settingsFolder(commonDir), 'pin.json'), 'utf8')));
    const was = commonFolderOf(pin);
    return was === commonDir ? null : was;
  } catch {
    return null; // usually missing
  }
}

/** The common folder for which a pin was written, derived from two files that every pin lists. */
function commonFolderOf({ files }: Pin): string | null {
  const exclude = Object.keys(files).find((path) => path.endsWith('/info/exclude'));
  const folder = exclude === undefined ? null : dirname(dirname(exclude));
  return folder !== null && join(folder, 'config') in files ? folder : null;
}

/** The pin with the paths of a moved repository, because moving does not change its settings. */
function moved(pin: Pin, commonDir: string): Pin {
  const was = commonFolderOf(pin);
  if (was === null || was === commonDir) return pin;
  const here = (path: string): string => (path.startsWith(`${was}/`) ? commonDir + path.slice(was.length) : path);
  const settings = (read: Pin['settings']): Pin['settings'] =>
    read.kind === 'read'
      ? { ...read, settings: read.settings.map((each) => ({ ...each, file: here(each.file) })) }
      : read;
  return {
    ...pin,
    settings: settings(pin.settings),
    files: Object.fromEntries(Object.entries(pin.files).map(([path, digest]) => [here(path), digest])),
    left: pin.left === null ? null : settings(pin.left),
  };
}

const remembered = new Map<string, { readonly signature: string; readonly pin: Pin | null }>();

/** Replaces the pin; also copies the files it was made from for `with copies`. */
export async function writePin(commonDir: string, pin: Pin, copies: 'with copies' | 'as before'): Promise<void> {
  await mkdir(join(settingsFolder(commonDir), 'saved'), { recursive: true, mode: 0o700 });
  if (copies === 'with copies') {
    for (const path of Object.keys(pin.files)) {
      const content = contentOf(path);
      if (content !== null) await replace(savedFile(commonDir, path), content);
    }
  }
  await replace(join(settingsFolder(commonDir), 'pin.json'), `${JSON.stringify(pin)}\n`);
}

/** Null if the file is missing or unreadable. */
export function digestOf(path: string): string | null {
  const content = contentOf(path);
  return content === null ? null : createHash('sha256').update(content).digest('hex');
}

export function contentOf(path: string): string | null {
  try {
    return existsSync(path) && statSync(path).isFile() ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}

async function replace(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${String(process.pid)}.tmp`;
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, path);
}
