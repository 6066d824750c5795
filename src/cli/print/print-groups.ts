import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { keyOf, sourceFacts } from '../../core/plan/sources.js';
import { wholeTasks, type TaskView } from '../../core/report/status-view.js';
import { duration } from '../../core/text/duration.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { safeLines, type Terminal } from '../context/terminal.js';
import { reasonText } from './print-results.js';

const IN_PROGRESS: ReadonlySet<TaskView['state']> = new Set([
  'worktree_created',
  'running',
  'merge_pending',
  'merge_conflict',
]);

/**
 * What of a task queue can be started, is in progress, has a worktree and waits for its pull request, from the run's
 * files: nothing is asked on the network. Of other plans only the open pull requests.
 */
export function printGroups(
  status: ToolAnswer<'status'>,
  { cwd, now }: { readonly cwd: string; readonly now: Date },
  { print }: Pick<Terminal, 'print'>,
): void {
  const tasks = wholeTasks(status.tasks);
  const key = keyOf(status);
  if (key !== null && sourceFacts(key.kind).grows) {
    const done = new Set(tasks.filter(({ state }) => state === 'complete').map(({ id }) => id));
    const ready = tasks.filter(({ state, deps }) => state === 'queued' && deps.every((id) => done.has(id)));
    const busy = tasks.filter(({ state }) => IN_PROGRESS.has(state));
    const worktrees = tasks.filter(({ worktree }) => existsSync(worktree));
    printGroup(
      'Ready',
      ready.map(({ id }) => id),
      print,
    );
    printGroup(
      'In progress',
      busy.map(({ id, state, pid }) => `${id}${pid === undefined ? '' : ` (${state}, pid ${String(pid)})`}`),
      print,
    );
    printGroup(
      'Worktrees',
      worktrees.map(({ worktree }) => relative(cwd, worktree)),
      print,
    );
  }
  const open = tasks.flatMap(({ id, state, pull }) =>
    pull === undefined || state === 'complete' ? [] : [{ id, ...pull }],
  );
  if (open.length === 0) return;
  const width = Math.max(...open.map(({ id }) => id.length));
  const lines = open.map(({ id, number, url, why, seenAt }) => {
    const age = seenAt === undefined ? '' : `, ${duration(new Date(seenAt), now)} ago`;
    return `#${String(number).padEnd(5)} ${id.padEnd(width)}  ${why === undefined ? 'not looked at yet' : reasonText(why)}${age}  ${url}`;
  });
  printGroup('Open pull requests', lines, print);
}

/** A heading and a line each; `none` for an empty group. */
export function printGroup(heading: string, lines: readonly string[], print: Terminal['print']): void {
  print(`\n${heading}:`);
  for (const line of lines.length === 0 ? ['none'] : lines) print(`  ${safeLines(line)}`);
}
