/**
 * What a test can do to the stand-in: see every call, make it wait for a gate, fail, or be another version.
 * `.beads/stand-in/controls.json` is written by stand-in-beads.ts, which has the types.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownFolder, pause } from './bd-database.mjs';

/**
 * @typedef {import('./stand-in-beads.js').Controls} Controls
 * @typedef {import('./stand-in-beads.js').Rule} Rule
 * @typedef {import('./stand-in-beads.js').Call} Call
 */

const LOOK_MS = 20;

/**
 * @param {string | null} beads
 * @returns {Controls}
 */
export function controlsOf(beads) {
  const path = beads === null ? null : join(ownFolder(beads), 'controls.json');
  return path !== null && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

/**
 * @param {string} beads
 * @returns {Call[]}
 */
export function callsOf(beads) {
  const path = join(ownFolder(beads), 'calls.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

/**
 * @param {string} beads
 * @param {Omit<Call, 'number'>} call
 * @returns {Call}
 */
export function note(beads, call) {
  const noted = { number: callsOf(beads).length + 1, ...call };
  appendFileSync(join(ownFolder(beads), 'calls.jsonl'), `${JSON.stringify(noted)}\n`);
  return noted;
}

/**
 * The rules that are for this call: of the calls since a rule was made it counts those it matches.
 *
 * @param {string} beads
 * @param {Call} call
 * @returns {Rule[]}
 */
export function rulesFor(beads, call) {
  const calls = callsOf(beads);
  return (controlsOf(beads).rules ?? []).filter((rule) => {
    const pattern = new RegExp(rule.match);
    const matching = calls.filter(({ number, argv }) => number > rule.since && pattern.test(argv.join(' ')));
    const nth = matching.findIndex(({ number }) => number === call.number) + 1;
    return nth >= (rule.from ?? 1) && nth < (rule.from ?? 1) + (rule.times ?? Infinity);
  });
}

/** @param {string} gate a file */
export function waitFor(gate) {
  while (!existsSync(gate)) pause(LOOK_MS);
}
