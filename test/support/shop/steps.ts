import type { ToolResult } from '../claude/messages-api.js';
import { call, type Turns } from '../claude/scripted-model.js';

/** Calls a tool that has to work. */
export function* done(tool: string, input: Readonly<Record<string, unknown>>): Turns<ToolResult> {
  const result = yield* call(tool, input);
  if (result.isError) throw new Error(`${tool} ${JSON.stringify(input)}: ${result.text}`);
  return result;
}

/** Reads a file, as the tool demands, and replaces one piece of its text. */
export function* edit(path: string, { from, to }: { readonly from: string; readonly to: string }): Turns<void> {
  yield* done('Read', { file_path: path });
  yield* done('Edit', { file_path: path, old_string: from, new_string: to });
}
