import { parse } from 'yaml';
import * as z from 'zod';
import { shellQuote } from '../base/shell-quote.js';

/** A slash command of the plugin, for other clients. */
export interface CommandPrompt {
  readonly name: string;
  readonly description: string;
  /** What may follow the name: `<parallel-dir> [--dry-run]`. */
  readonly argumentHint: string;
  readonly body: string;
}

const frontmatterSchema = z.looseObject({ name: z.string(), description: z.string(), 'argument-hint': z.string() });

/** Parses a file of `commands/`. Throws without frontmatter, since the files are o8's own. */
export function parseCommand(markdown: string): CommandPrompt {
  const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(markdown) ?? [];
  const { name, description, 'argument-hint': argumentHint } = frontmatterSchema.parse(parse(head));
  return { name, description, argumentHint, body: body.trim() };
}

/** Placeholders that Claude Code fills in for plugins. The rest of a path is included, because the whole path is quoted. */
const FILLED_IN = /\$ARGUMENTS|\$\{CLAUDE_PLUGIN_ROOT\}([\w./-]*)/g;

/** The command's text with these arguments; `root` is the folder with `dist/` and `agents/`. */
export function renderCommand({ body }: CommandPrompt, args: string, root: string): string {
  return body.replace(FILLED_IN, (_, path: string | undefined) =>
    path === undefined ? args : shellQuote(`${root}${path}`),
  );
}
