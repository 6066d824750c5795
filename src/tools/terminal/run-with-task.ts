import { readableRun } from '../context/load-run.js';
import { openContext } from '../context/repository-context.js';
import { RunFiles } from '../context/run-files.js';
import type { ToolContext } from '../context/define-tool.js';

/** The newest run that has the task; undefined if none has it. */
export async function newestRunWith(task: string, context: ToolContext): Promise<string | undefined> {
  const { home } = await openContext(context);
  const files = new RunFiles(home);
  for (const id of await files.list()) {
    const run = await readableRun(files, id);
    if (run?.plan.tasks.some((each) => each.id === task || each.stem === task) === true) return id;
  }
  return undefined;
}
