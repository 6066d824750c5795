/**
 * The demo's agent: what stands where `claude` would. A real program in the task's own worktree and branch that
 * writes files, commits and runs the checks, but does what demo-work.mjs says instead of asking a model.
 *
 * As `agent.command` in .claude/parallel-config.json: ["node", "<this file>"]. It knows the tasks of examples/inventory
 * and of the README's first run.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WORK } from './demo-work.mjs';

const TYPING_MS = 700; // long enough to watch three agents at once, short enough to watch to the end
const task = process.env['O8_TASK_ID'] ?? '';
const steps = WORK[task];
if (steps === undefined) throw new Error(`the demo agent knows ${Object.keys(WORK).join(', ')}, not '${task}'`);

for (const { message, files } of steps) {
  for (const [path, change] of Object.entries(files)) {
    console.log(`writing ${path}`);
    await pause(TYPING_MS + Math.random() * TYPING_MS);
    write(path, change);
  }
  execFileSync('git', ['add', '--', ...Object.keys(files)]);
  execFileSync('git', ['commit', '--quiet', '-m', message]);
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
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${path} is not what this demo expects`);
  writeFileSync(path, after);
}
