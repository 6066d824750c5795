import { parse } from 'yaml';
import * as z from 'zod';
import { shellQuote } from '../base/shell-quote.js';

/** A slash command of the plugin as another client can offer it. */
export interface CommandPrompt {
  readonly name: string;
  readonly description: string;
  /** What may follow the name: `<parallel-dir> [--dry-run]`. */
  readonly argumentHint: string;
  readonly body: string;
}

const frontmatterSchema = z.looseObject({ name: z.string(), description: z.string(), 'argument-hint': z.string() });

/** Reads a file of `commands/`. Throws on one without frontmatter: they are our own. */
export function parseCommand(markdown: string): CommandPrompt {
  const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(markdown) ?? [];
  const { name, description, 'argument-hint': argumentHint } = frontmatterSchema.parse(parse(head));
  return { name, description, argumentHint, body: body.trim() };
}

/** What Claude Code fills in for its plugins; the rest of a path belongs to the word that has to be quoted. */
const FILLED_IN = /\$ARGUMENTS|\$\{CLAUDE_PLUGIN_ROOT\}([\w./-]*)/g;

/** The command's text for these arguments; `root` is the folder that has `dist/` and `agents/`. */
export function renderCommand({ body }: CommandPrompt, args: string, root: string): string {
  return body.replace(FILLED_IN, (_, path: string | undefined) =>
    path === undefined ? args : shellQuote(`${root}${path}`),
  );
}
