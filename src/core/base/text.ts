import * as z from 'zod';
import { shellQuote } from './shell-quote.js';

/** The commands of o8 and the flags that a message may mention for each. */
interface FlagNames {
  run:
    'epic' | 'resume' | 'retryFailed' | 'run' | 'task' | 'wave' | 'skip' | 'dryRun' | 'generateOnly' | 'force' | 'yes';
  parallel: 'resume' | 'retryFailed' | 'run' | 'task' | 'wave' | 'skip' | 'dryRun' | 'force' | 'yes';
  plan: never;
  preflight: never;
  spawn: never;
  status: 'run' | 'task' | 'wait';
  abort: 'run' | 'task';
  merge: 'run' | 'task' | 'resolve' | 'undo' | 'acceptHeld' | 'dryRun' | 'uncommitted';
  cleanup: 'run' | 'task' | 'force';
  'parallel status': 'run';
  'parallel cleanup': 'run';
  logs: 'run' | 'task' | 'verify' | 'wave' | 'attempt' | 'follow';
  pause: 'now' | 'run';
  unpause: 'run';
  attach: never;
  diff: 'run';
  config: never;
  'config set': never;
  'config reset': never;
  doctor: never;
  trust: 'accept' | 'revoke';
  integrate: never;
  'run-checks': 'check';
  render: never;
  setup: never;
  decompose: never;
  worker: 'force';
  merger: 'run' | 'dryRun';
}

type CommandName = keyof FlagNames;

/** A known value, or a placeholder that the reader has to fill in: `<id>`. */
const wordSchema = z.union([z.string(), z.strictObject({ placeholder: z.string() })]);
export type Word = z.infer<typeof wordSchema>;

/**
 * An o8 command as data; `spell` writes it as a shell command or a slash command. A flag that is `true` takes no value.
 */
export const commandSchema = z.strictObject({
  o8: z.string(),
  words: z.array(wordSchema),
  flags: z.record(z.string(), z.union([wordSchema, z.number(), z.literal(true)])),
});
export type Command = z.infer<typeof commandSchema>;

const partSchema = z.union([z.string(), commandSchema]);

/** A text whose o8 commands are data. A plain string contains no command. */
export const textSchema = z.union([partSchema, z.strictObject({ parts: z.array(partSchema) })]);
export type Text = z.infer<typeof textSchema>;

type Flags<K extends CommandName> = Readonly<Partial<Record<FlagNames[K], Word | number | boolean | undefined>>>;

/** A command with its arguments and flags. Flags that are undefined or false are omitted. */
export function o8<K extends CommandName>(name: K, words: readonly Word[], flags?: Flags<K>): Command;
export function o8<K extends CommandName>(name: K, flags?: Flags<K>): Command;
export function o8<K extends CommandName>(
  name: K,
  wordsOrFlags: readonly Word[] | Flags<K> = [],
  more?: Flags<K>,
): Command {
  const [words, flags] = isList(wordsOrFlags) ? [wordsOrFlags, more ?? {}] : [[], wordsOrFlags];
  return {
    o8: name,
    words: [...words],
    flags: givenFlags(flags),
  };
}

/** The flags that are neither undefined nor false. */
export function givenFlags(flags: Readonly<Record<string, Word | number | boolean | undefined>>): Command['flags'] {
  return Object.fromEntries(
    Object.entries(flags).flatMap(([flag, value]) => (value === undefined || value === false ? [] : [[flag, value]])),
  );
}

function isList(value: object): value is readonly Word[] {
  return Array.isArray(value);
}

/** A value that the reader has to fill in: `<name>`. Only where the value is not known. */
export function placeholder(name: string): Word {
  return { placeholder: name };
}

/** The same command with additional flags at the end. */
export function withFlags(command: Command, flags: Command['flags']): Command {
  return { ...command, flags: { ...command.flags, ...flags } };
}

/** A text that contains commands: text`${o8('merge', { run })} && ${o8('cleanup', { run })}`. */
export function text(strings: TemplateStringsArray, ...values: readonly (Text | number)[]): Text {
  const parts = strings.flatMap((string, at) => {
    const value = values[at];
    return [string, ...(value === undefined ? [] : partsOf(typeof value === 'number' ? String(value) : value))];
  });
  return ofParts(parts);
}

/** Joins texts with a separator. */
export function joined(texts: readonly Text[], separator: string): Text {
  return ofParts(texts.flatMap((each, at) => [...(at === 0 ? [] : [separator]), ...partsOf(each)]));
}

type Part = z.infer<typeof partSchema>;

function partsOf(value: Text): readonly Part[] {
  return typeof value === 'object' && 'parts' in value ? value.parts : [value];
}

function ofParts(parts: readonly Part[]): Text {
  const merged: Part[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (typeof part === 'string' && typeof last === 'string') merged[merged.length - 1] = last + part;
    else if (part !== '') merged.push(part);
  }
  const [only = ''] = merged;
  return merged.length <= 1 ? only : { parts: merged };
}

/** The text with every string in it changed, including those in its commands. */
export function mapText(value: Text, change: (words: string) => string): Text {
  const word = <T>(each: T): T | string => (typeof each === 'string' ? change(each) : each);
  return ofParts(
    partsOf(value).map((part) => {
      if (typeof part === 'string') return change(part);
      const flags = Object.entries(part.flags).map(([name, flag]) => [name, word(flag)] as const);
      return { ...part, words: part.words.map(word), flags: Object.fromEntries(flags) };
    }),
  );
}

/** The text as written in a terminal, a log or a file. */
export function inTerminal(value: Text): string {
  return partsOf(value)
    .map((part) => (typeof part === 'string' ? part : terminalCommand(part)))
    .join('');
}

function terminalCommand({ o8: name, words, flags }: Command): string {
  if (name === 'decompose')
    return "Write the task files as parallel/README.md shows ('o8 setup' makes it), then: o8 render <dir>";
  return ['o8', name, ...words.map(wordText), ...flagWords(flags)].join(' ');
}

/** The flags as words of a command line. */
export function flagWords(flags: Command['flags']): string[] {
  return Object.entries(flags).flatMap(([name, value]) => [
    flagName(name),
    ...(value === true ? [] : [valueText(value)]),
  ]);
}

/** `retryFailed` as `--retry-failed`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function valueText(value: Word | number | true): string {
  return typeof value === 'string' || typeof value === 'object' ? quoted(value) : String(value);
}

/** An argument that starts with `-` can only be the name of a folder, so it gets `./` in front. */
export function wordText(word: Word): string {
  return quoted(typeof word === 'string' && word.startsWith('-') ? `./${word}` : word);
}

function quoted(word: Word): string {
  return typeof word === 'string' ? shellQuote(word) : `<${word.placeholder}>`;
}
