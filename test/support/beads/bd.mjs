#!/usr/bin/env node
/**
 * A stand-in for `bd` (Beads), for tests: keeps issues in `.beads/` of the repository it is started in, and answers in the
 * shapes of test/fixtures/beads, plain and in the envelope of BD_JSON_ENVELOPE=1. stand-in-beads.ts puts it on a PATH and
 * tells it to be slow, to fail, or to be another version.
 */
import { has, parseCommandLine } from './bd-arguments.mjs';
import { COMMANDS, Refused } from './bd-commands.mjs';
import { controlsOf, note, rulesFor, waitFor } from './bd-controls.mjs';
import { exportIssues, findBeads, git, load, locked, save } from './bd-database.mjs';
import { initialize } from './bd-init.mjs';
import { sorted, without } from './bd-shapes.mjs';

/** The version that was recorded. */
const VERSION = '1.0.3';

const argv = process.argv.slice(2);
const line = parseCommandLine(argv);
const [name = '', ...words] = line.words;
const cwd = process.cwd();
const beads = findBeads(cwd);
const version = process.env['BD_STAND_IN_VERSION'] ?? controlsOf(beads).version ?? VERSION;
const enveloped = process.env['BD_JSON_ENVELOPE'] === '1' || Number(version.split('.')[0]) >= 2;
const actor = line.actor ?? process.env['BEADS_ACTOR'] ?? process.env['BD_ACTOR'] ?? userOf(cwd);

process.exitCode = main();

function main() {
  if (beads === null) return withoutDatabase();
  const noted = locked(beads, () =>
    note(beads, { argv, actor, cwd, pid: process.pid, hook: 'GIT_DIR' in process.env }),
  );
  const rules = locked(beads, () => rulesFor(beads, noted));
  for (const { wait } of rules) if (wait?.before !== undefined) waitFor(wait.before);
  const failing = rules.find(({ fail }) => fail !== undefined)?.fail;
  if (failing?.when === 'before') return failed(failing);
  const code = answer(beads, failing === undefined);
  for (const { wait } of rules) if (wait?.after !== undefined) waitFor(wait.after);
  return failing === undefined ? code : failed(failing);
}

/** @param {NonNullable<import('./stand-in-beads.js').Rule['fail']>} failing */
function failed({ code, stdout, stderr }) {
  if (stdout !== undefined) process.stdout.write(stdout);
  if (stderr !== undefined) process.stderr.write(`${stderr}\n`);
  return code;
}

/**
 * @param {string} folder `.beads`
 * @param {boolean} speaks whether it prints its answer
 */
function answer(folder, speaks) {
  if (has(line, '--version') || name === 'version') return print({ text: versionLine() }, speaks);
  if (name === 'init') return fail('Error: already initialized', speaks);
  const command = COMMANDS[name];
  if (name === 'hooks') return locked(folder, () => runHook(folder));
  if (command === undefined) return fail(`Error: unknown command "${name}" for "bd"`, speaks);
  return locked(folder, () => {
    const database = load(folder);
    try {
      const result = command({ beads: folder, database, line, actor, version }, words);
      if (result.wrote === true) save(folder, database);
      return print(result, speaks);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!(error instanceof Refused)) return fail(error.message, speaks);
      if (!line.json) return fail(`Error: ${error.message}`, speaks);
      return print({ data: { error: error.message }, failed: true }, speaks);
    }
  });
}

/** What the hooks call that `bd init` installs: the export goes with the commit.
 *
 * @param {string} folder
 */
function runHook(folder) {
  if (words[1] === 'pre-commit') exportIssues(folder, load(folder));
  return 0;
}

/**
 * @param {import('./bd-commands.mjs').Answer} result
 * @param {boolean} speaks
 */
function print({ data, text = '', errors = [], failed: wrong = false }, speaks) {
  if (speaks) {
    if (errors.length > 0) process.stderr.write(`${errors.join('\n')}\n`);
    if (line.json && data !== undefined) process.stdout.write(`${JSON.stringify(shaped(data), null, 2)}\n`);
    else if (!line.json && text !== '') process.stdout.write(`${text}\n`);
  }
  return wrong ? 1 : 0;
}

/**
 * An object has its version in it if there is no envelope, a list has none.
 *
 * @param {unknown} data
 */
function shaped(data) {
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data);
  if (!enveloped) return isObject ? sorted({ ...data, schema_version: 1 }) : data;
  if (!isObject) return { data, schema_version: 1 };
  return { data: without({ ...data }, ['schema_version']), schema_version: 1 };
}

/**
 * @param {string} message
 * @param {boolean} speaks
 */
function fail(message, speaks = true) {
  if (speaks) process.stderr.write(`${message}\n`);
  return 1;
}

function withoutDatabase() {
  if (has(line, '--version') || name === 'version') return print({ text: versionLine() }, true);
  if (name === 'init') return print({ text: initialize(cwd, line) }, true);
  if (name === 'hooks') return 0;
  return fail("Error: no beads database found\nHint: run 'bd init' to create a database in the current directory");
}

function versionLine() {
  return `bd version ${version} (stand-in)`;
}

/** @param {string} folder */
function userOf(folder) {
  return git(folder, ['config', 'user.name']).out || (process.env['USER'] ?? 'unknown');
}
