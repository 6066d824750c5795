import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const temporary = realpathSync(tmpdir());

export interface TestRepository {
  /** The checkout, `<temporary folder>/repository`: `../workspaces` of it is in the same folder and goes with it. */
  readonly root: string;
  /** Standard output without the last newline; rejects on a non-zero exit. `cwd`: another folder of this repository's. */
  git(args: readonly string[], cwd?: string): Promise<string>;
  /** Writes a file, path from the root, and makes its folders. */
  write(path: string, content: string): Promise<void>;
  /** Writes the files, commits everything that is not ignored, and gives the commit's id. */
  commit(message: string, files?: Readonly<Record<string, string>>): Promise<string>;
  /** Deletes the repository and everything beside it. */
  remove(): Promise<void>;
}

/** Written at once: `git config` would be a process for each. */
const CONFIG = '[user]\n\tname = Test\n\temail = test@example.invalid\n[commit]\n\tgpgsign = false\n';

/** A git repository on branch `main` in a folder of its own, with one commit of `files`. */
export async function createRepository(o: { files: Readonly<Record<string, string>> }): Promise<TestRepository> {
  const folder = await realpath(await mkdtemp(join(temporary, 'o8-test-')));
  const root = join(folder, 'repository');
  await mkdir(root);

  async function git(args: readonly string[], cwd: string = root): Promise<string> {
    if (!isBelow(folder, await realpath(cwd))) throw new Error(`git only runs in ${folder}, not in ${cwd}`);
    const { stdout } = await run('git', [...args], { cwd, env: environment(folder), maxBuffer: 64 * 1024 * 1024 });
    return stdout.replace(/\n$/, '');
  }
  async function write(path: string, content: string): Promise<void> {
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  async function commit(message: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
    for (const [path, content] of Object.entries(files)) await write(path, content);
    await git(['add', '--all']);
    // Without the look whether there is something to pack, a process of its own.
    await git(['-c', 'maintenance.auto=false', 'commit', '--quiet', '--allow-empty', '--message', message]);
    return git(['rev-parse', 'HEAD']);
  }

  await git(['-c', 'init.defaultBranch=main', 'init', '--quiet']);
  await appendFile(join(root, '.git/config'), CONFIG);
  await commit('start', o.files);
  return { root, git, write, commit, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Keeps the user's settings file out of every commit of the repository. */
export async function excludeSettings({ root }: TestRepository): Promise<void> {
  await appendFile(join(root, '.git/info/exclude'), '/.claude/parallel-config.json\n');
}

function isBelow(folder: string, path: string): boolean {
  return isInside(temporary, folder) && (path === folder || isInside(folder, path));
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..');
}

/** Nothing of the machine's own git settings, and no way up and out of the folder. */
function environment(folder: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(inherited),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CEILING_DIRECTORIES: dirname(folder),
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}
