import { O8Error } from '../../core/base/errors.js';
import type { ToolContext } from './define-tool.js';

/** An agent of a run must not start, merge or stop runs: it could start agents without end. */
export function refuseNested(tool: string, { env }: ToolContext): void {
  const attempt = env['O8_ATTEMPT'];
  if (attempt === undefined || attempt === '') return;
  throw new O8Error(
    'nested_run',
    `${tool} was called by an agent of a run (O8_ATTEMPT=${attempt}), which may only work on its own task.`,
    'Finish the task; the person who started the run merges or stops it.',
  );
}
