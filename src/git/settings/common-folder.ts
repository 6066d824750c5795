import { errorCode } from '../../core/base/error-code.js';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Files that git may create in a common folder later; linked in advance, so that git creates them in the real folder.
 */
const ALWAYS = ['objects', 'refs', 'packed-refs', 'logs', 'worktrees', 'shallow', 'HEAD', 'lfs', 'modules'];
/** Files that configure git, and o8's own. */
const NOT_LINKED = /^(?:config(?:\..*)?|info|hooks|o8|index.*|.*_HEAD|o8-guard.*)$/;

/** Files that are written instead of linked, by their path in the common folder. */
export type CommonFiles = Readonly<Record<string, string>>;

/**
 * Creates a folder that git uses as a repository's common folder (`GIT_COMMON_DIR`): objects, refs and worktrees are
 * links to those of `real`, as in git's `git-new-workdir`; the settings are the given files. Can be repeated; correct
 * files are left alone, because another git may be using them.
 */
export function provideCommonFolder(folder: string, real: string, files: CommonFiles): void {
  mkdirSync(join(folder, 'info'), { recursive: true, mode: 0o700 });
  const names = new Set([...ALWAYS, ...readdirSync(real).filter((name) => !NOT_LINKED.test(name))]);
  for (const name of names) linkOnce(join(real, name), join(folder, name));
  for (const name of readdirSync(join(folder, 'info'))) {
    if (!(`info/${name}` in files) && !name.endsWith('.tmp')) rmSync(join(folder, 'info', name), { force: true });
  }
  for (const [path, content] of Object.entries(files)) writeOnce(join(folder, path), content);
}

/** The minimal settings that git needs to read a repository whose own settings are not trusted. */
export function leastConfig(config: string): string {
  const extension = (name: string): string[] => {
    const value = new RegExp(`^\\s*${name}\\s*=\\s*(\\w+)\\s*$`, 'im').exec(config)?.[1];
    return value === undefined ? [] : [`\t${name} = ${value}`];
  };
  const extensions = [...extension('objectFormat'), ...extension('refStorage')];
  const version = `[core]\n\trepositoryformatversion = ${extensions.length > 0 ? '1' : '0'}\n`;
  return extensions.length === 0 ? version : `${version}[extensions]\n${extensions.join('\n')}\n`;
}

function linkOnce(to: string, path: string): void {
  if (isLinkTo(path, to)) return;
  try {
    symlinkSync(to, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (lstatSync(path).isSymbolicLink() && !isLinkTo(path, to)) {
      rmSync(path, { force: true });
      symlinkSync(to, path);
    }
  }
}

function isLinkTo(path: string, to: string): boolean {
  try {
    return readlinkSync(path) === to;
  } catch {
    return false; // missing, or not a link
  }
}

/** Replaces a file atomically if its content differs: git may be reading it. */
export function writeOnce(path: string, content: string): void {
  try {
    if (readFileSync(path, 'utf8') === content) return;
  } catch {
    // does not exist yet
  }
  const temporary = `${path}.${String(process.pid)}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
