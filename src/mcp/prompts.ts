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

/** The plugin's slash commands, for clients that have no plugins: the same files. */
const commands = [setup, decompose, run, status, merge, integrate, abort, cleanup].map(parseCommand);

/** Clients ask for one line of arguments, and give it to the command as it is. */
const WHOLE = 'arguments';
/**
 * Claude Code deals the words behind the command out to the arguments and drops what is left over, so it is offered as
 * many as people type. It names them all in its menu: not more.
 */
const WORDS = Array.from({ length: 16 }, (_, index) => `word${String(index + 1)}`);
const MORE_WORDS = `There may have been more than ${String(WORDS.length)} words: go by the whole line, or ask for it.`;

/** The name that Claude Code gives itself. */
const SPLITS_WORDS = 'claude-code';

/** The prompts as this client can call them. */
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

/** One prompt for these arguments. Throws O8Error `usage` for a prompt or an argument that there is not. */
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
