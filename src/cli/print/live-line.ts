import type { createLogUpdate } from 'log-update';
import { inTerminal } from '../../core/base/text.js';
import type { Attention } from '../../core/report/attention.js';
import { waitingText } from '../../core/report/waiting.js';
import { duration } from '../../core/text/duration.js';
import type { TaskView } from '../../core/report/status-view.js';
import type { StatusAnswer } from './print-status.js';
import { outputLines, safeLines, type Terminal } from '../context/terminal.js';

const MOST_NEEDS = 3; // the lines above have each of them
const MOST_LINES = 8; // leaves room for the lines above it on a small terminal

/** The lines at the bottom of a terminal that show the running tasks; nothing when the output is not a terminal. */
export class LiveLine {
  private shown = false;

  private constructor(
    private readonly terminal: Terminal,
    /** Null when the output is not a terminal. */
    private readonly update: ReturnType<typeof createLogUpdate> | null,
  ) {}

  static async open(terminal: Terminal, forPeople: boolean): Promise<LiveLine> {
    if (!forPeople || !process.stdout.isTTY) return new LiveLine(terminal, null);
    // Loaded only here: its Unicode tables would make every command start a tenth slower.
    const { createLogUpdate } = await import('log-update');
    return new LiveLine(terminal, createLogUpdate(process.stdout, { showCursor: true }));
  }

  get isOpen(): boolean {
    return this.update !== null;
  }

  /** `attention`: what needs a person, the most urgent first. */
  show(status: StatusAnswer, tasks: readonly TaskView[], attention: readonly Attention[]): void {
    if (this.update === null) return;
    const { colors } = this.terminal;
    const waiting = tasks.filter((task) => task.waiting !== undefined);
    const running = tasks.filter(({ state }) => state === 'running');
    const width = Math.max(0, ...[...running, ...waiting].map(({ id }) => id.length));
    const lines = running.slice(0, MOST_LINES).map((task) => {
      const time = task.startedAt === undefined ? '' : duration(new Date(task.startedAt), new Date());
      const cost = task.costUsd === undefined ? '' : `  $${task.costUsd.toFixed(2)}`;
      const last = task.lastActivity === undefined ? '' : `  ${outputLines(task.lastActivity).slice(0, 60)}`;
      return colors.dim(this.line(`${task.id.padEnd(width)}  ${time}${cost}${last}`));
    });
    for (const task of waiting.slice(0, MOST_LINES - lines.length)) {
      const why = task.waiting === undefined ? '' : safeLines(waitingText(task.waiting, new Date()));
      lines.push(colors.dim(this.line(`${task.id.padEnd(width)}  ${why}`)));
    }
    const needs = attention.slice(0, MOST_NEEDS).map(({ task, cause, commands: [command] }) => {
      const way = command === undefined ? '' : `  (${inTerminal(command)})`;
      return colors.yellow(this.line(`! ${task ?? 'run'}: ${safeLines(cause)}${way}`));
    });
    if (attention.length > MOST_NEEDS)
      needs.push(colors.yellow(this.line(`! and ${String(attention.length - MOST_NEEDS)} more`)));
    const words = tasks.map(countWord);
    const counts = [...new Set(words)].map((word) => `${String(words.filter((each) => each === word).length)} ${word}`);
    const note = status.message === undefined ? '' : `  (${safeLines(status.message)})`;
    this.shown = true;
    this.update(this.terminal.render([...lines, ...needs, colors.dim(`  ${counts.join(' · ')}${note}`)].join('\n')));
  }

  /** As much as fits: a wrapped line would make the display jump. */
  private line(text: string): string {
    return this.terminal.render(`  ${text}`).slice(0, process.stdout.columns);
  }

  /** Erases only what was shown: clearing twice would erase lines printed since. */
  clear(): void {
    if (this.shown) this.update?.clear();
    this.shown = false;
  }
}

/** The state in one word, the same as in `stateWords`. */
function countWord({ state, pausedUntil, held, pull }: TaskView): string {
  switch (state) {
    case 'worktree_created':
      return pausedUntil === undefined ? 'starting' : 'waiting';
    case 'merge_pending':
      return held !== undefined ? 'held' : pull === undefined ? 'merging' : 'in review';
    case 'merge_conflict':
      return 'conflict';
    case 'queued':
    case 'running':
    case 'complete':
    case 'failed':
    case 'blocked':
    case 'skipped':
    case 'aborted':
      return state;
  }
}
