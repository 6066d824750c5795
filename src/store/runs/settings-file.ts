import { shellQuote } from '../../core/base/shell-quote.js';
import { errorCode } from '../../core/base/error-code.js';
import { o8, placeholder, text, joined } from '../../core/base/text.js';
import { lstat } from 'node:fs/promises';
import { relative } from 'node:path';
import type * as z from 'zod';
import { O8Error, type Fault } from '../../core/base/errors.js';
import { inputProblems, problemText } from '../../core/input/schema-words.js';
import { quote } from '../../core/text/untrusted-text.js';
import { settingsFileSchema, type SettingsFile } from '../../core/settings/settings.js';
import { readRegularFile, writeFileAtomically } from '../files/atomic-file.js';
import { assertInside } from '../files/inside-repository.js';
import { checkoutPaths } from '../files/paths.js';

/** The largest user file that o8 reads. */
const MAX_BYTES = 1_048_576;

/** The user's settings, empty if there is no file. Throws O8Error `usage` that names the file and every wrong key. */
export async function readSettingsFile(root: string): Promise<SettingsFile> {
  return settingsOf(root, await readSettingsText(root));
}

/** The current text of the settings file, null if there is none. */
export async function readSettingsText(root: string): Promise<string | null> {
  return readRegularFile(checkoutPaths(root).config, MAX_BYTES);
}

/** Parses such a text. Throws O8Error `usage` that names the file and every wrong key. */
export function settingsOf(root: string, text: string | null): SettingsFile {
  const file = relative(root, checkoutPaths(root).config);
  if (text === null) return {};
  const given = parseJson(text, file);
  const parsed = settingsFileSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw unusable(
    file,
    parsed.error.issues.flatMap((issue) => faultsOf(issue, given, file)),
  );
}

/** Replaces the settings file. Call it in the guard's critical section, together with the read it is based on. */
export async function writeSettingsFile(root: string, settings: SettingsFile): Promise<void> {
  const { config } = checkoutPaths(root);
  await assertInside(root, config);
  if (await isSymbolicLink(config)) {
    throw new O8Error(
      'refused',
      `${config} is a symbolic link; o8 would replace it with a file.`,
      `Edit its target: ls -l ${shellQuote(config)}`,
    );
  }
  await writeFileAtomically(config, `${JSON.stringify(settings, null, 2)}\n`);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unusable(file, [{ file, problem: `not JSON: ${error.message}`, fix: 'Correct the JSON.' }]);
  }
}

function faultsOf(issue: z.core.$ZodIssue, given: unknown, file: string): Fault[] {
  if (issue.code !== 'unrecognized_keys') {
    const key = keyName(issue.path);
    return inputProblems(settingsFileSchema, given, [issue]).map((fault) => ({
      file,
      problem: problemText(fault, 'the file'),
      fix: o8('config set', [key, placeholder('value')]),
    }));
  }
  const known =
    issue.path.length === 0 ? ` Known keys: ${Object.keys(settingsFileSchema.shape).sort().join(', ')}.` : '';
  return issue.keys.map((key) => ({
    file,
    problem: `unknown key ${quote(keyName([...issue.path, key]))}`,
    fix: `Remove it or correct its name.${known}`,
  }));
}

function keyName(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the file' : path.map(String).join('.');
}

function unusable(file: string, faults: readonly Fault[]): O8Error {
  const lines = faults.map((fault) => text`  ${fault.problem}\n    ${fault.fix}`);
  return new O8Error(
    'usage',
    joined([`${file} cannot be used:`, ...lines], '\n'),
    text`Correct ${file}, or start over: ${o8('config reset')}`,
    faults,
  );
}

async function isSymbolicLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
