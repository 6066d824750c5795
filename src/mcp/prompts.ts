import type { GetPromptResult, Prompt } from '@modelcontextprotocol/sdk/types.js';
import abort from '../../commands/parallel-abort.md';
import cleanup from '../../commands/parallel-cleanup.md';
import decompose from '../../commands/parallel-decompose.md';
import integrate from '../../commands/parallel-integrate.md';
import merge from '../../commands/parallel-merge.md';
import run from '../../commands/parallel-run.md';
import setup from '../../commands/parallel-setup.md';
import status from '../../commands/parallel-status.md';
import { parseCommand, renderCommand } from '../core/commands/command-prompt.js';
import { O8Error } from '../core/base/errors.js';
import { longestValue } from '../core/input/longest-value.js';
import { quote } from '../core/text/untrusted-text.js';

/** The plugin's slash commands as prompts, for clients without plugins. */
const commands = [setup, decompose, run, status, merge, integrate, abort, cleanup].map(parseCommand);

/** Clients ask their user for one line of arguments and pass it on unchanged. */
const WHOLE = 'arguments';
/**
 * Claude Code gives each word after the command to one argument and drops the rest, so that it needs as many arguments
 * as people type words. Its menu lists them all, so there are not more.
 */
const WORDS = Array.from({ length: 16 }, (_, index) => `word${String(index + 1)}`);
const MORE_WORDS = `There may have been more than ${String(WORDS.length)} words: use the whole line the user typed, or ask for it.`;

/** The client name that Claude Code sends. */
const SPLITS_WORDS = 'claude-code';

/** The prompts in the form this client can call. */
export function listPrompts(client: string | undefined): Prompt[] {
  return commands.map(({ name, description, argumentHint }) => ({
    name,
    description: `${description}: ${argumentHint}`,
    arguments:
      client === SPLITS_WORDS
        ? WORDS.map((word) => ({ name: word }))
        : [{ name: WHOLE, description: argumentHint, required: false }],
  }));
}

/** One prompt with its arguments filled in. Throws O8Error `usage` for an unknown prompt or argument. */
export function getPrompt(name: string, given: Readonly<Record<string, string>>, root: string): GetPromptResult {
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const known = commands.map((candidate) => candidate.name).join(', ');
    throw new O8Error('usage', `There is no prompt ${quote(name)}.`, `One of: ${known}`);
  }
  const unknown = Object.keys(given).find((key) => key !== WHOLE && !WORDS.includes(key));
  if (unknown !== undefined) {
    const what = `The prompt ${name} takes no argument ${quote(unknown)}.`;
    throw new O8Error('usage', what, `${WHOLE}: ${command.argumentHint}`);
  }
  const oversized = longestValue(given);
  if (oversized !== null) throw new O8Error('usage', `The prompt ${name}: ${oversized}.`, command.argumentHint);
  const words = [WHOLE, ...WORDS].flatMap((key) => given[key]?.trim() ?? []).filter((word) => word !== '');
  const text = renderCommand(command, words.join(' '), root);
  const isFull = WORDS.every((word) => given[word] !== undefined);
  return {
    description: command.description,
    messages: [{ role: 'user', content: { type: 'text', text: isFull ? `${text}\n\n${MORE_WORDS}` : text } }],
  };
}
