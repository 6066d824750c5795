/**
 * An agent for runs in which processes are killed: does its task and writes down, outside of the repository, when it
 * started and ended.
 *
 *   node ledger-agent.mjs <folder> <task>
 *
 * The folder has `ledger.jsonl`, one line for each start and end, appended; and `<task>.json`, what this task's agent
 * is to do: `{holdMs, code, leftovers, waitFor, shared, also}`, all optional. A line of a start names the earlier agents of the same
 * task that were still alive then, of which there must never be one.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** @typedef {{event: 'start' | 'end', task: string, attempt: string, pid: number, alive?: number[], code?: number}} Line */
/** @typedef {{holdMs?: number, code?: number, leftovers?: boolean, waitFor?: string, shared?: string, also?: {path: string, content: string}}} Job */

const [folder = '', task = ''] = process.argv.slice(2);
const ledger = join(folder, 'ledger.jsonl');
const attempt = process.env['O8_ATTEMPT'] ?? '';
const jobFile = join(folder, `${task}.json`);
/** @type {Job} */
const job = existsSync(jobFile) ? JSON.parse(readFileSync(jobFile, 'utf8')) : {};

append({ event: 'start', task, attempt, pid: process.pid, alive: livingAgents() });
if (process.env['O8_FAILPOINT'] !== undefined) end(99); // would be killed by what is meant for o8

writeFileSync(`${task}.txt`, `${task}\n`);
if (job.shared !== undefined) writeFileSync('shared.txt', job.shared);
if (job.waitFor !== undefined) while (!existsSync(join(folder, job.waitFor))) await pause(20);
await pause(job.holdMs ?? 0);
if (git('status', '--porcelain', '--', `${task}.txt`) !== '') {
  git('add', `${task}.txt`);
  if (job.shared !== undefined) git('add', 'shared.txt');
  if (job.also !== undefined) {
    mkdirSync(dirname(job.also.path), { recursive: true });
    writeFileSync(job.also.path, job.also.content);
    git('add', '--force', job.also.path);
  }
  git('-c', 'user.name=agent', '-c', 'user.email=agent@localhost', 'commit', '-q', '-m', `${task}: work`);
}
if (job.leftovers === true) writeFileSync(`${task}.notes.txt`, 'left uncommitted\n');
writeFileSync('.claude-task-complete', '');
end(job.code ?? 0);

/**
 * @param {number} code
 * @returns {never}
 */
function end(code) {
  append({ event: 'end', task, attempt, pid: process.pid, code });
  process.exit(code);
}

/** @param {Line} line */
function append(line) {
  appendFileSync(ledger, `${JSON.stringify(line)}\n`);
}

/** Earlier agents of this task that never said they ended, and still run. */
function livingAgents() {
  if (!existsSync(ledger)) return [];
  /** @type {Line[]} */
  const lines = readFileSync(ledger, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const ended = new Set(lines.filter(({ event }) => event === 'end').map(({ pid }) => pid));
  const open = lines.filter((line) => line.event === 'start' && line.task === task && !ended.has(line.pid));
  return open.map(({ pid }) => pid).filter(isRunning);
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return state !== '' && !state.startsWith('Z');
  } catch {
    return false; // ps ends with 1 if there is none
  }
}

/** @param {string[]} args */
function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}
