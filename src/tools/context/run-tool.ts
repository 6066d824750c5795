import { spelled } from '../../core/text/spelling.js';
import type { Text } from '../../core/base/text.js';
import type * as z from 'zod';
import { O8Error } from '../../core/base/errors.js';
import { longestValue } from '../../core/input/longest-value.js';
import { inputProblems, problemText } from '../../core/input/schema-words.js';
import type { Tool, ToolContext } from './define-tool.js';

/** Checks the input, runs the tool, and checks its answer against the output schema. Throws O8Error. */
export async function runTool<I extends z.ZodObject, O extends z.ZodObject>(
  tool: Tool<I, O>,
  input: unknown,
  context: ToolContext,
): Promise<z.output<O>> {
  const given: unknown = input ?? {};
  const oversized = longestValue(given);
  if (oversized !== null) throw new O8Error('usage', `${tool.name}: ${oversized}`, helpOf(tool.name));
  const parsed = tool.input.safeParse(given);
  if (!parsed.success) throw inputError(tool, given, parsed.error);
  return tool.output.parse(spelled(await tool.run(parsed.data, context), context.reader));
}

/** A tool's command in a terminal has the same name. */
function helpOf(tool: string): Text {
  return `o8 ${tool} --help`;
}

function inputError(tool: { name: string; input: z.ZodObject }, given: unknown, error: z.ZodError): O8Error {
  const problems = inputProblems(tool.input, given, error.issues).map((each) => problemText(each, 'the input'));
  return new O8Error('usage', `${tool.name}: ${problems.join('; ')}`, helpOf(tool.name));
}
