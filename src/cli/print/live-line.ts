import type { createLogUpdate } from 'log-update';
import { duration } from '../../core/text/duration.js';
import type { TaskView } from '../../core/report/status-view.js';
import type { StatusAnswer } from './print-status.js';
import { outputLines, safeLines, type Terminal } from '../context/terminal.js';

const MOST_LINES = 8; // leaves room for the history above it on a small terminal

/** The lines below the history that say what runs right now; nothing where no person watches. */
export class LiveLine {
  private shown = false;

  private constructor(
    private readonly terminal: Terminal,
    /** Null where nobody watches. */
    private readonly update: ReturnType<typeof createLogUpdate> | null,
  ) {}

  static async open(terminal: Terminal, forPeople: boolean): Promise<LiveLine> {
    if (!forPeople || !process.stdout.isTTY) return new LiveLine(terminal, null);
    // Loaded only here: its tables of Unicode alone take a tenth of the time in which every command starts.
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
      return colors.dim(line.slice(0, process.stdout.columns)); // two lines for one task jump up and down
    });
    const words = tasks.map(countWord);
    const counts = [...new Set(words)].map((word) => `${String(words.filter((each) => each === word).length)} ${word}`);
    const note = status.message === undefined ? '' : `  (${safeLines(status.message)})`;
    this.shown = true;
    this.update(this.terminal.render([...lines, colors.dim(`  ${counts.join(' · ')}${note}`)].join('\n')));
  }

  /** Only what was shown is erased: a second time would eat the lines printed since. */
  clear(): void {
    if (this.shown) this.update?.clear();
    this.shown = false;
  }
}

/** The state in one word, as `stateWords` says it. */
function countWord({ state, pausedUntil, held }: TaskView): string {
  switch (state) {
    case 'worktree_created':
      return pausedUntil === undefined ? 'starting' : 'waiting';
    case 'merge_pending':
      return held === undefined ? 'merging' : 'held';
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
