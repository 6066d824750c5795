/**
 * The command line of bd: global flags anywhere, words, and flags with or without a value.
 */

/**
 * @typedef {{
 *   words: string[],
 *   flags: Map<string, string[]>,
 *   json: boolean,
 *   actor: string | null,
 * }} CommandLine
 */

/** Short flags as bd has them; of `-a` and `-f` each command has its own meaning. */
const SHORT = new Map([
  ['-t', '--type'],
  ['-p', '--priority'],
  ['-l', '--labels'],
  ['-d', '--description'],
  ['-r', '--reason'],
  ['-n', '--limit'],
  ['-s', '--status'],
  ['-a', '--assignee'],
  ['-q', '--quiet'],
]);

const WITHOUT_VALUE = new Set([
  ...[
    '--json',
    '--all',
    '--claim',
    '--force',
    '--quiet',
    '--non-interactive',
    '--skip-hooks',
    '--stealth',
    '--sandbox',
  ],
  ...[
    '--no-auto-flush',
    '--no-daemon',
    '--ephemeral',
    '--eligible-only',
    '--version',
    '--help',
    '--unassigned',
    '--long',
  ],
]);

/**
 * @param {readonly string[]} argv
 * @returns {CommandLine}
 */
export function parseCommandLine(argv) {
  /** @type {CommandLine} */
  const line = { words: [], flags: new Map(), json: false, actor: null };
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      line.words.push(...rest);
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      line.words.push(word);
      continue;
    }
    const [, name = word, given] = /^(--[^=]+)=([^]*)$/.exec(word) ?? [];
    const flag = SHORT.get(name) ?? name;
    const value = WITHOUT_VALUE.has(flag) ? (given ?? 'true') : (given ?? rest.shift() ?? '');
    line.flags.set(flag, [...(line.flags.get(flag) ?? []), value]);
  }
  line.json = line.flags.get('--json')?.at(-1) === 'true';
  line.actor = line.flags.get('--actor')?.at(-1) ?? null;
  return line;
}

/**
 * @param {CommandLine} line
 * @param {...string} names
 * @returns {string | undefined} the last value of the first of these flags that was given
 */
export function valueOf(line, ...names) {
  for (const name of names) {
    const values = line.flags.get(name);
    if (values !== undefined) return values.at(-1);
  }
  return undefined;
}

/**
 * @param {CommandLine} line
 * @param {...string} names
 * @returns {string[]} what lists separated by commas, of flags that may be repeated, have in them
 */
export function listOf(line, ...names) {
  return names
    .flatMap((name) => line.flags.get(name) ?? [])
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

/**
 * @param {CommandLine} line
 * @param {string} name
 */
export function has(line, name) {
  return line.flags.get(name)?.at(-1) === 'true';
}
