import { flagWords, inTerminal, valueText, wordText, type Command, type Text } from '../base/text.js';

/** Who reads a text: a person at a terminal, or a chat with the slash commands of the plugin. */
export type Reader = 'terminal' | 'chat';

/** A text with its commands written for this reader. */
export function spell(text: Text, reader: Reader): string {
  if (typeof text === 'string') return text;
  if ('parts' in text) return text.parts.map((part) => spell(part, reader)).join('');
  switch (reader) {
    case 'terminal':
      return inTerminal(text);
    case 'chat':
      return chatCommand(text);
  }
}

/** The type of an answer or error after all its texts have been spelled. */
export type Spelled<T> = T extends Text
  ? T extends string
    ? T
    : string
  : T extends readonly (infer Each)[]
    ? Spelled<Each>[]
    : T extends object
      ? { [Key in keyof T]: Spelled<T[Key]> }
      : T;

/** The type that becomes `T` after its texts are spelled. */
export type Unspelled<T> = T extends string
  ? string extends T
    ? Text
    : T
  : T extends readonly (infer Each)[]
    ? readonly Unspelled<Each>[]
    : T extends object
      ? { readonly [Key in keyof T]: Unspelled<T[Key]> }
      : T;

/** Spells every text in a value. `value` must consist of plain objects and arrays. */
export function spelled<T>(value: T, reader: Reader): Spelled<T> {
  return spelledValue(value, reader) as Spelled<T>;
}

function spelledValue(value: unknown, reader: Reader): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => spelledValue(each, reader));
  if (isText(value)) return spell(value, reader);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spelledValue(each, reader)]));
}

/** No other object in an answer has these keys. */
function isText(value: object): value is Exclude<Text, string> {
  return ('parts' in value && Object.keys(value).length === 1) || ('o8' in value && 'words' in value);
}

/**
 * In a chat, a command is a slash command, or a call of the tool; commands without either say that they need a
 * terminal.
 */
function chatCommand(command: Command): string {
  const { o8: name, words, flags } = command;
  const slash = (as: string, rest: readonly string[]): string => [`/parallel-${as}`, ...rest].join(' ');
  switch (name) {
    case 'run':
    case 'spawn':
    case 'parallel':
      return slash('run', [...words.map(wordText), ...flagWords(flags)]);
    case 'plan':
    case 'preflight':
      return slash('run', [...words.map(wordText), '--dry-run']);
    case 'merge':
    case 'status':
    case 'abort':
    case 'cleanup':
      return slash(name, runFirst(command));
    case 'parallel status':
      return slash('status', runFirst(command));
    case 'parallel cleanup':
      return slash('cleanup', runFirst(command));
    case 'integrate':
      return slash('integrate', words.length === 0 ? [] : ['--parallel-dir', ...words.map(wordText)]);
    case 'decompose':
      return "Run '/parallel-decompose' first to create task specifications."; // the fixed words of the feature
    case 'setup':
      return slash('setup', []);
    case 'logs':
      return slash('status', [...runFirst({ ...command, flags: pick(flags, 'run') }), ...words.map(wordText)]);
    case 'unpause':
      return spawnWith('off', flags);
    case 'pause':
      return spawnWith(flags['now'] === true ? 'now' : 'let_finish', flags);
    case 'render':
    case 'run-checks':
      return inTerminal(command);
    default:
      return `in a terminal: ${inTerminal(command)}`;
  }
}

/** The run is an argument in a chat, as in `/parallel-merge <run>`. */
function runFirst({ flags }: Command): string[] {
  const { run, ...others } = flags;
  return [...(run === undefined ? [] : [valueText(run)]), ...flagWords(others)];
}

/** There is no slash command for a pause, only the tool. */
function spawnWith(pause: string, { run }: Command['flags']): string {
  return `spawn with pause: "${pause}"${run === undefined ? '' : ` and runId: "${valueText(run)}"`}`;
}

function pick(flags: Command['flags'], name: string): Command['flags'] {
  const value = flags[name];
  return value === undefined ? {} : { [name]: value };
}
