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

/** A tool with its types closed over: what a door needs to list and call it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly annotations: ToolAnnotations;
  /** Checks the input, runs, and checks the answer against the output schema. Throws O8Error. */
  call(input: unknown, context: ToolContext): Promise<Record<string, unknown>>;
}

function entry<I extends z.ZodObject, O extends z.ZodObject>(tool: Tool<I, O>): CatalogueEntry {
  return {
    ...tool,
    async call(input, context) {
      const given: unknown = input ?? {};
      const oversized = longestValue(given);
      if (oversized !== null) throw new O8Error('usage', `${tool.name}: ${oversized}`, `o8 ${tool.name} --help`);
      const parsed = tool.input.safeParse(given);
      if (!parsed.success) throw inputError(tool, given, parsed.error);
      return tool.output.parse(await tool.run(parsed.data, context));
    },
  };
}

function inputError(tool: { name: string; input: z.ZodObject }, given: unknown, error: z.ZodError): O8Error {
  const problems = inputProblems(tool.input, given, error.issues).map((each) => problemText(each, 'the input'));
  return new O8Error('usage', `${tool.name}: ${problems.join('; ')}`, `o8 ${tool.name} --help`);
}

/** Every tool, in the order people use them. Both doors, MCP and terminal, list exactly these. */
export const catalogue: readonly CatalogueEntry[] = [
  entry(preflight),
  entry(plan),
  entry(spawn),
  entry(status),
  entry(abort),
  entry(merge),
  entry(cleanup),
];
