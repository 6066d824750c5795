import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILES_OF_A_FOLDER = 50;
const LINES_OF_A_FILE = 40;

/**
 * Standard output without its last line end.
 * @param {string} cwd
 * @param {readonly string[]} args
 * @param {string} [input]
 */
export function git(cwd, args, input) {
  const { status, stdout, stderr } = spawnSync('git', ['-c', 'gc.auto=0', ...args], {
    cwd,
    env: { ...environment(cwd), HOME: cwd },
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout.trim();
}

/**
 * What every measured program gets: nothing of the user's own settings.
 * @param {string} home
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(home) {
  return { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home, GIT_CONFIG_NOSYSTEM: '1', LANG: 'C.UTF-8' };
}

/**
 * A repository on `main` with one commit of these files and so many generated ones, and a checkout of it.
 * @param {string} root
 * @param {{files: number, more?: Readonly<Record<string, string>>}} content
 */
export async function createRepository(root, { files, more = {} }) {
  await mkdir(root, { recursive: true });
  const generated = Array.from({ length: files }, (_, at) => fileOf(at, 'first'));
  const named = Object.entries(more).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  initialise(root, commitOf('refs/heads/main', 1, '', [...generated, ...named]));
  git(root, ['reset', '--quiet', '--hard']);
}

/**
 * A repository on `main` of what `git fast-import` reads; nothing is checked out.
 * @param {string} root
 * @param {string} stream
 */
export function initialise(root, stream) {
  git(root, ['-c', 'init.defaultBranch=main', 'init', '--quiet']);
  git(root, ['fast-import', '--quiet'], stream);
  git(root, ['config', 'user.name', 'Bench']);
  git(root, ['config', 'user.email', 'bench@example.invalid']);
  git(root, ['config', 'gc.auto', '0']);
}

/**
 * Settings of o8 for a repository.
 * @param {string} root
 * @param {object} settings
 */
export async function writeSettings(root, settings) {
  await mkdir(join(root, '.claude'), { recursive: true });
  await writeFile(join(root, '.claude', 'parallel-config.json'), JSON.stringify(settings));
}

/**
 * One commit, for `git fast-import`.
 * @param {string} ref
 * @param {number} mark
 * @param {string} from
 * @param {readonly string[]} changes
 */
export function commitOf(ref, mark, from, changes) {
  const head = `commit ${ref}\nmark :${mark}\ncommitter Bench <bench@example.invalid> ${1_700_000_000 + mark} +0000\n`;
  return `${head}${data(ref)}${from}${changes.join('')}\n`;
}

/**
 * The generated file of that number as `author` left it, for `commitOf`.
 * @param {number} at
 * @param {string} author
 */
export function fileOf(at, author) {
  const lines = Array.from({ length: LINES_OF_A_FILE }, (_, line) => `file ${at} line ${line}\n`);
  lines[LINES_OF_A_FILE / 2] = `by ${author}\n`;
  return `M 100644 inline src/${Math.floor(at / FILES_OF_A_FOLDER)}/file-${at}.txt\n${data(lines.join(''))}`;
}

/** @param {string} content */
function data(content) {
  return `data ${Buffer.byteLength(content)}\n${content}\n`;
}
