/**
 * The demo's agent: what stands where `claude` would. A real program in the task's own worktree and branch that
 * writes files, commits and runs the checks, but does what demo-work.mjs says instead of asking a model.
 *
 * As `agent.command` in .claude/parallel-config.json: ["node", "<this file>"]. It knows the tasks of examples/inventory
 * and of the README's first run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WORK } from './demo-work.mjs';

const TYPING_MS = 700; // long enough to watch three agents at once, short enough to watch to the end
const task = process.env['O8_TASK_ID'] ?? '';
const steps = WORK[task];
if (steps === undefined) {
  fail(`The demo agent knows only the tasks ${Object.keys(WORK).join(', ')}, not '${task}'.`);
}

const done = git('log', '--format=%s').split('\n'); // by an attempt that was stopped, or a run that landed
for (const { message, files } of steps) {
  if (done.includes(message)) {
    console.log(`already committed: ${message}`);
    continue;
  }
  for (const [path, change] of Object.entries(files)) {
    console.log(`writing ${path}`);
    await pause(TYPING_MS + Math.random() * TYPING_MS);
    write(path, change);
  }
  git('add', '--', ...Object.keys(files));
  git('commit', '--quiet', '-m', message);
  console.log(`committed: ${message}`);
}
execFileSync(process.execPath, [existsSync('check.mjs') ? 'check.mjs' : '--test'], { stdio: 'inherit' });
writeFileSync('.claude-task-complete', `${steps.map(({ message }) => message).join('; ')}\n`);

/** @type {(path: string, change: import('./demo-work.mjs').Change) => void} */
function write(path, change) {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof change === 'string') {
    writeFileSync(path, change.trimStart());
    return;
  }
  const before = git('show', `HEAD:${path}`); // a stopped attempt may have written it already
  const after = change(before);
  if (after === before) fail(`${path} is not what the demo agent expects.`);
  writeFileSync(path, after);
}

/** @type {(...args: readonly string[]) => string} */
function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout : fail(`git ${args[0]} failed: ${stderr}${stdout}`);
}

/** @type {(message: string) => never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}
