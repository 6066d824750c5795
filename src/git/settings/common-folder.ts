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

/** What git finds in a common folder even where it is not there yet; linked ahead, so that it is made at the right place. */
const ALWAYS = ['objects', 'refs', 'packed-refs', 'logs', 'worktrees', 'shallow', 'HEAD', 'lfs', 'modules'];
/** What decides how git works, and what is o8's own. */
const NOT_LINKED = /^(?:config(?:\..*)?|info|hooks|o8|index.*|.*_HEAD|o8-guard.*)$/;

/** The files of a common folder that are not linked but written: content by their path in it. */
export type CommonFiles = Readonly<Record<string, string>>;

/**
 * A folder that git takes for the common folder of a repository (`GIT_COMMON_DIR`): objects, refs and worktrees are
 * those of `real`, by links as git's own `git-new-workdir` makes them, settings are the files given here. Can be
 * repeated; what is right already is left alone, because another git may be using it.
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

/** The least that git needs to read a repository whose own settings are not to be trusted. */
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
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
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
    return false; // not there, or no link
  }
}

/** Replaces a file whole where it has other content: a git may be reading it. */
export function writeOnce(path: string, content: string): void {
  try {
    if (readFileSync(path, 'utf8') === content) return;
  } catch {
    // not there yet
  }
  const temporary = `${path}.${String(process.pid)}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
