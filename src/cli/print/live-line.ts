import type { createLogUpdate } from 'log-update';
import { duration } from '../../core/text/duration.js';
import type { TaskView } from '../../core/report/status-view.js';
import type { StatusAnswer } from './print-status.js';
import { outputLines, safeLines, type Terminal } from '../context/terminal.js';

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

  show(status: StatusAnswer, tasks: readonly TaskView[]): void {
    if (this.update === null) return;
    const { colors } = this.terminal;
    const running = tasks.filter(({ state }) => state === 'running');
    const width = Math.max(0, ...running.map(({ id }) => id.length));
    const lines = running.slice(0, MOST_LINES).map((task) => {
      const time = task.startedAt === undefined ? '' : duration(new Date(task.startedAt), new Date());
      const cost = task.costUsd === undefined ? '' : `  $${task.costUsd.toFixed(2)}`;
      const last = task.lastActivity === undefined ? '' : `  ${outputLines(task.lastActivity).slice(0, 60)}`;
      const line = this.terminal.render(`  ${task.id.padEnd(width)}  ${time}${cost}${last}`);
      return colors.dim(line.slice(0, process.stdout.columns)); // a wrapped line would make the display jump
    });
    const words = tasks.map(countWord);
    const counts = [...new Set(words)].map((word) => `${String(words.filter((each) => each === word).length)} ${word}`);
    const note = status.message === undefined ? '' : `  (${safeLines(status.message)})`;
    this.shown = true;
    this.update(this.terminal.render([...lines, colors.dim(`  ${counts.join(' · ')}${note}`)].join('\n')));
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
