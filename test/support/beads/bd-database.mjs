/**
 * Where bd keeps its issues: `.beads/` of the main checkout, also when it is started in a linked worktree. The truth is
 * below `.beads/stand-in/`, as the real one's is in its database; `.beads/issues.jsonl` is written after every change, and
 * read if there is no database yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * @typedef {{ issue_id: string, depends_on_id: string, type: string, created_at: string, created_by: string, metadata: string }} Link
 * @typedef {{ id: string, issue_id: string, author: string, text: string, created_at: string }} Comment
 * @typedef {{
 *   id: string, title: string, description?: string, design?: string, acceptance_criteria?: string, notes?: string,
 *   status: string, priority: number, issue_type: string, assignee?: string, owner?: string, created_at: string,
 *   created_by?: string, updated_at: string, started_at?: string, closed_at?: string, close_reason?: string,
 *   ephemeral?: boolean, is_template?: boolean, labels?: string[], dependencies?: Link[], comments?: Comment[],
 * }} Issue
 * @typedef {{ prefix: string, issues: Issue[], children: Record<string, number> }} Database
 */

const LOOK_MS = 10;
const sleeping = new Int32Array(new SharedArrayBuffer(4));

/** @param {number} ms */
export function pause(ms) {
  Atomics.wait(sleeping, 0, 0, ms);
}

/**
 * The nearest folder with a `.git`, and the folder of the main checkout, which is another one in a linked worktree.
 *
 * @param {string} from
 * @returns {{ top: string, main: string } | null}
 */
export function repositoryOf(from) {
  for (let at = resolve(from); ; at = dirname(at)) {
    const git = join(at, '.git');
    if (existsSync(git)) return { top: at, main: statSync(git).isDirectory() ? at : mainOf(at, git) };
    if (dirname(at) === at) return null;
  }
}

/**
 * @param {string} top
 * @param {string} file
 */
function mainOf(top, file) {
  const gitDir = resolve(top, /^gitdir: (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '');
  const pointer = join(gitDir, 'commondir');
  const common = existsSync(pointer) ? resolve(gitDir, readFileSync(pointer, 'utf8').trim()) : gitDir;
  return basename(common) === '.git' ? dirname(common) : top;
}

/**
 * @param {string} from
 * @returns {string | null} `.beads`, absolute
 */
export function findBeads(from) {
  if (process.env['BEADS_DIR'] !== undefined) return resolve(process.env['BEADS_DIR']);
  const repository = repositoryOf(from);
  if (repository === null) return null;
  const folder = join(repository.main, '.beads');
  return existsSync(join(folder, 'config.yaml')) || existsSync(join(folder, 'issues.jsonl')) ? folder : null;
}

/** @param {string} beads */
export function ownFolder(beads) {
  const folder = join(beads, 'stand-in');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * One bd at a time. A lock whose owner was killed is taken.
 *
 * @template T
 * @param {string} beads
 * @param {() => T} work
 * @returns {T}
 */
export function locked(beads, work) {
  const lock = join(ownFolder(beads), 'lock');
  while (!tryLock(lock)) pause(LOOK_MS);
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock */
function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = ownerOf(lock);
    if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
    return false;
  }
}

/**
 * 0 while nobody has it, or has not written it yet: it may go between any two calls.
 *
 * @param {string} lock
 */
function ownerOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return 0;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} beads
 * @returns {Database}
 */
export function load(beads) {
  const path = join(ownFolder(beads), 'database.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  const exported = join(beads, 'issues.jsonl');
  const lines = existsSync(exported) ? readFileSync(exported, 'utf8').split('\n') : [];
  /** @type {Issue[]} */
  const issues = lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line));
  const prefix = configured(beads, 'issue-prefix') ?? issues[0]?.id.replace(/-[^-]*$/, '') ?? 'bd';
  return { prefix, issues, children: {} };
}

/**
 * Keeps the database, and what the real one does after each change: the export, staged in the user's index.
 *
 * @param {string} beads
 * @param {Database} database
 */
export function save(beads, database) {
  replace(join(ownFolder(beads), 'database.json'), `${JSON.stringify(database, null, 1)}\n`);
  exportIssues(beads, database);
}

/**
 * @param {string} beads
 * @param {Database} database
 */
export function exportIssues(beads, database) {
  if (!setting(beads, 'export.auto')) return;
  const lines = database.issues.filter(({ ephemeral }) => ephemeral !== true).map((issue) => JSON.stringify(issue));
  replace(join(beads, 'issues.jsonl'), lines.map((line) => `${line}\n`).join(''));
  if (setting(beads, 'export.git-add') && !setting(beads, 'no-git-ops')) stage(beads);
}

/**
 * In a git hook of another checkout nothing is staged. Variables that name an index or a repository are not passed on:
 * an index of one's own does not keep this from the user's.
 *
 * @param {string} beads
 */
function stage(beads) {
  const repository = repositoryOf(process.cwd());
  if (process.env['GIT_DIR'] !== undefined && repository?.top !== dirname(beads)) return;
  git(beads, ['add', '--', 'issues.jsonl']);
}

/**
 * @param {string} cwd
 * @param {string[]} args
 */
export function git(cwd, args) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^GIT_(?!AUTHOR|COMMITTER)/.test(name)),
  );
  const { status, stdout } = spawnSync('git', args, { cwd, env, encoding: 'utf8' });
  return { ok: status === 0, out: stdout.trim() };
}

/**
 * @param {string} path
 * @param {string} text
 */
export function replace(path, text) {
  const next = `${path}.${process.pid}`;
  writeFileSync(next, text);
  renameSync(next, path);
}

/** @type {Readonly<Record<string, boolean>>} */
const DEFAULTS = { 'export.auto': true, 'export.git-add': true, 'no-git-ops': false };

/**
 * The environment (`BD_EXPORT_GIT_ADD`) counts before the file.
 *
 * @param {string} beads
 * @param {string} key
 */
function setting(beads, key) {
  const given = process.env[`BD_${key.replace(/[.-]/g, '_').toUpperCase()}`] ?? configured(beads, key);
  return given === undefined ? DEFAULTS[key] === true : /^(1|t|true)$/i.test(given);
}

/**
 * A setting of `config.yaml`, written flat (`export.git-add: false`) or in a map.
 *
 * @param {string} beads
 * @param {string} key
 * @returns {string | undefined}
 */
export function configured(beads, key) {
  const path = join(beads, 'config.yaml');
  if (!existsSync(path)) return undefined;
  const [outer = '', inner] = key.split('.');
  let open = '';
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [, indent = '', name = '', value = ''] = /^(\s*)([\w.-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === '') continue;
    if (indent === '') open = value === '' ? name : '';
    if ((indent === '' && name === key) || (indent !== '' && open === outer && name === inner)) {
      return value.replace(/^["']|["']$/g, '');
    }
  }
  return undefined;
}

/**
 * @param {string} beads
 * @param {string} key
 * @param {string} value
 */
export function configure(beads, key, value) {
  const path = join(beads, 'config.yaml');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const others = lines.filter((line) => line !== '' && !line.startsWith(`${key}:`));
  replace(path, `${[...others, `${key}: ${value}`].join('\n')}\n`);
}
