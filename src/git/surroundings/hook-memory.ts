import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { changedHooks, hooksToRemember, type Hooks, type HookChange } from '../../core/surroundings/hooks.js';
import { readPin, savedFile, settingsFolder } from '../settings/pin.js';
import type { Repository } from '../door/repository.js';

const hooksSchema = z.record(z.string(), z.string());
const memorySchema = z.object({
  version: z.literal(1),
  before: hooksSchema,
  /** The hooks when the run's supervisor stopped; null while a run may be active. */
  left: hooksSchema.nullable(),
});
type Memory = z.infer<typeof memorySchema>;

type Place = Pick<Repository, 'root' | 'commonDir'>;

/** A hook is a small script; a larger file is identified by its size, and not copied. */
const MOST_BYTES = 1_000_000;
/** git has about thirty hooks; a script folder named in `core.hooksPath` may contain a few more. */
const MOST_HOOKS = 200;

/** Every hook: absolute path to an identifier of its content. Opens no pipe and no device. */
export function readHooks(repo: Place): Hooks {
  const found: Record<string, string> = {};
  for (const folder of hookFolders(repo)) {
    for (const name of namesIn(folder).slice(0, MOST_HOOKS)) {
      const digest = name.endsWith('.sample') ? null : identify(join(folder, name));
      if (digest !== null) found[join(folder, name)] = digest;
    }
  }
  return found;
}

/** Records the hooks from before agents run. Changes by earlier agents that were not restored are still reported. */
export async function pinHooks(repo: Place): Promise<void> {
  const [memory, now] = [readMemory(repo), readHooks(repo)];
  const before = hooksToRemember(memory, now);
  for (const [path, digest] of Object.entries(before)) {
    if (digest !== now[path] || !isRegular(path)) continue;
    await replace(savedFile(repo.commonDir, path), readFileSync(path));
  }
  if (memory !== null || Object.keys(before).length > 0) await write(repo, { version: 1, before, left: null });
}

/** The supervisor has stopped: later changes are the user's. */
export async function settleHooks(repo: Place): Promise<void> {
  const memory = readMemory(repo);
  const now = readHooks(repo);
  if (memory === null && Object.keys(now).length === 0) return;
  await write(repo, { version: 1, before: memory?.before ?? {}, left: now });
}

/** Changes by agents that have not been restored. */
export function hooksNow(repo: Place): HookChange[] {
  const memory = readMemory(repo);
  return memory === null ? [] : changedHooks(memory, readHooks(repo));
}

/** The copy of a hook or of a file in the git folder with this identifier; null if there is none. */
export function savedAs({ commonDir }: Place, path: string, digest: string): string | null {
  const saved = savedFile(commonDir, path);
  const content = identify(saved);
  return content !== null && contentOf(content) === contentOf(digest) ? saved : null;
}

/** Identifies a file without reading more than the size of a hook; the same content gives the same identifier. */
export function identify(path: string): string | null {
  try {
    const entry = lstatSync(path);
    const link = entry.isSymbolicLink() ? ` link to ${readlinkSync(path)}` : '';
    const file = statSync(path, { throwIfNoEntry: false });
    if (file === undefined) return `nothing${link}`;
    if (!file.isFile()) return `${file.isDirectory() ? 'a folder' : 'no file'}${link}`;
    if (file.size > MOST_BYTES) return `${String(file.size)} bytes of ${String(file.mtimeMs)}${link}`;
    const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
    return `${digest}${(file.mode & 0o111) === 0 ? NOT_EXECUTABLE : ''}${link}`;
  } catch {
    return null; // removed meanwhile, or not readable
  }
}

const NOT_EXECUTABLE = ' not executable';

function contentOf(digest: string): string {
  return digest.replace(NOT_EXECUTABLE, '');
}

/** Where git looks for hooks, by the settings from before agents ran. */
function hookFolders({ root, commonDir }: Place): string[] {
  const pin = readPin(commonDir);
  const settings = pin?.settings.kind === 'read' ? pin.settings.settings : [];
  const configured = settings.findLast(({ key }) => key === 'core.hookspath')?.value ?? null;
  const own = join(commonDir, 'hooks');
  if (configured === null || configured === '' || configured.startsWith('~')) return [own];
  return [...new Set([own, resolve(root, configured)])];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // missing
  }
}

function isRegular(path: string): boolean {
  const file = statSync(path, { throwIfNoEntry: false });
  return file?.isFile() === true && file.size <= MOST_BYTES;
}

function memoryFile({ commonDir }: Place): string {
  return join(settingsFolder(commonDir), 'hooks.json');
}

function readMemory(repo: Place): Memory | null {
  try {
    const parsed = memorySchema.safeParse(JSON.parse(readFileSync(memoryFile(repo), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // usually missing
  }
}

async function write(repo: Place, memory: Memory): Promise<void> {
  await replace(memoryFile(repo), `${JSON.stringify(memory)}\n`);
}

async function replace(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${String(process.pid)}.tmp`;
  await writeFile(temporary, content, { mode: 0o600 });
  await rename(temporary, path);
}
