/**
 * Preloaded into every Node process of a test (`node --require`): notes the process and each program it starts, one JSON
 * object a line, in the file that PROCESS_NOTES names.
 */
'use strict';
const { appendFileSync } = require('node:fs');
const children = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');
const { isMainThread } = require('node:worker_threads');

const file = process.env['PROCESS_NOTES'];

/** @param {object} note */
function write(note) {
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(note)}\n`);
}

/** @param {string} program @param {readonly string[]} args */
function starts(program, args) {
  write({ kind: 'starts', by: process.pid, program, args });
}

if (isMainThread) write({ kind: 'node', pid: process.pid, script: process.argv[1] ?? '' });

/** @typedef {{ file: string, args?: string[] }} Start */
/** @typedef {(program: string, args?: unknown, ...more: unknown[]) => unknown} StartAndWait */

const { prototype } = /** @type {{ prototype: { spawn: (start: Start) => unknown } }} */ (
  /** @type {unknown} */ (children.ChildProcess)
);
const { spawn } = prototype;
/** @param {Start} start */
prototype.spawn = function (start) {
  starts(start.file, (start.args ?? []).slice(1));
  return spawn.call(this, start);
};
const waiting = /** @type {Record<'spawnSync' | 'execFileSync', StartAndWait>} */ (/** @type {unknown} */ (children));
for (const name of /** @type {const} */ (['spawnSync', 'execFileSync'])) {
  const real = waiting[name];
  waiting[name] = (program, args, ...more) => {
    starts(program, Array.isArray(args) ? args.map(String) : []);
    return real(program, args, ...more);
  };
}
syncBuiltinESMExports();
