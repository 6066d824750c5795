import { spelled } from '../core/text/spelling.js';
import type { Text } from '../core/base/text.js';
import type * as z from 'zod';
import { O8Error } from '../core/base/errors.js';
import { longestValue } from '../core/input/longest-value.js';
import { inputProblems, problemText } from '../core/input/schema-words.js';
import { abort } from './abort-tool.js';
import { cleanup } from './cleanup-tool.js';
import type { Tool, ToolAnnotations, ToolContext } from './context/define-tool.js';
import { merge } from './merge-tool.js';
import { plan } from './plan-tool.js';
import { preflight } from './preflight-tool.js';
import { spawn } from './spawn-tool.js';
import { status } from './status-tool.js';

/** A tool as the MCP server and the terminal list and call it. */
export interface CatalogueEntry<I extends z.ZodObject = z.ZodObject, O extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly annotations: ToolAnnotations;
  /** Checks the input, runs, and checks the answer against the output schema. Throws O8Error. */
  call(input: unknown, context: ToolContext): Promise<z.output<O>>;
}

function entry<I extends z.ZodObject, O extends z.ZodObject>(tool: Tool<I, O>): CatalogueEntry<I, O> {
  return {
    ...tool,
    async call(input, context) {
      const given: unknown = input ?? {};
      const oversized = longestValue(given);
      if (oversized !== null) throw new O8Error('usage', `${tool.name}: ${oversized}`, helpOf(tool.name));
      const parsed = tool.input.safeParse(given);
      if (!parsed.success) throw inputError(tool, given, parsed.error);
      return tool.output.parse(spelled(await tool.run(parsed.data, context), context.reader));
    },
  };
}

/** A tool's command in a terminal has the same name. */
function helpOf(tool: string): Text {
  return `o8 ${tool} --help`;
}

function inputError(tool: { name: string; input: z.ZodObject }, given: unknown, error: z.ZodError): O8Error {
  const problems = inputProblems(tool.input, given, error.issues).map((each) => problemText(each, 'the input'));
  return new O8Error('usage', `${tool.name}: ${problems.join('; ')}`, helpOf(tool.name));
}

/** Every tool by its name, in the order in which people use them. */
export const tools = {
  preflight: entry(preflight),
  plan: entry(plan),
  spawn: entry(spawn),
  status: entry(status),
  abort: entry(abort),
  merge: entry(merge),
  cleanup: entry(cleanup),
};

export type ToolName = keyof typeof tools;
export type ToolInput<N extends ToolName> = z.input<(typeof tools)[N]['input']>;
export type ToolAnswer<N extends ToolName> = z.output<(typeof tools)[N]['output']>;

/** The same as a list: the MCP server and the terminal list exactly these. */
export const catalogue: readonly CatalogueEntry[] = Object.values(tools);
