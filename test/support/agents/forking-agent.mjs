/**
 * An agent that leaves processes behind in every way there is, and then waits. Each of them writes its pid to a file
 * named after what it is. Usage: node forking-agent.mjs <folder for pid files> [one role, for the processes it starts]
 */
import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [, script, folder, role] = process.argv;
if (script === undefined || folder === undefined) throw new Error('usage: forking-agent.mjs <folder> [role]');

if (role === 'middle') {
  start('double_forked', true, process.env);
} else {
  // The hard case: the agent ends on SIGTERM and its offspring only on SIGKILL, when it has lost its parent.
  if (role !== undefined) process.on('SIGTERM', () => undefined);
  setInterval(() => undefined, 1e6);
  if (role === undefined) {
    start('child', false, process.env);
    start('own_session', true, process.env);
    start('middle', true, process.env);
    start('scrubbed', true, { PATH: process.env['PATH'] });
  }
  const file = join(folder, role ?? 'agent');
  writeFileSync(`${file}.tmp`, String(process.pid));
  renameSync(`${file}.tmp`, file);
}

/**
 * @param {string} name
 * @param {boolean} ownSession
 * @param {NodeJS.ProcessEnv} env
 */
function start(name, ownSession, env) {
  spawn(process.execPath, [String(script), String(folder), name], {
    detached: ownSession,
    stdio: 'ignore',
    env,
  }).unref();
}
