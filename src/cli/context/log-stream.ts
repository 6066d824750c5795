import type { TaskView } from '../../core/report/status-view.js';
import type { LogReader } from '../../store/logs/log-reader.js';
import { outputLines, stdoutDrained, type Terminal } from './terminal.js';

/** Prints what is new in the logs of all tasks and all of their attempts, each line with its task in front. */
export class LogStream {
  private readonly shown = new Map<string, { attempt: number; reader: LogReader }>();

  constructor(
    private readonly terminal: Terminal,
    private readonly open: (task: string, attempt: number) => LogReader,
  ) {}

  /** Leaves out what the logs have by now: an earlier part of the run said it. */
  async skip(tasks: readonly TaskView[]): Promise<void> {
    for (const { id, attempt } of tasks) if (attempt > 0) await this.readerOf(id, attempt).tail(0);
  }

  /** To the end of each log, through every attempt since the last look. */
  async print(tasks: readonly TaskView[]): Promise<void> {
    for (const { id, attempt } of tasks) {
      for (let number = this.shown.get(id)?.attempt ?? 1; number <= attempt; number += 1) {
        await this.printRest(id, this.readerOf(id, number));
      }
    }
  }

  private readerOf(id: string, attempt: number): LogReader {
    const known = this.shown.get(id);
    if (known?.attempt === attempt) return known.reader;
    const reader = this.open(id, attempt);
    this.shown.set(id, { attempt, reader });
    return reader;
  }

  private async printRest(id: string, reader: LogReader): Promise<void> {
    const label = this.terminal.colors.dim(`[${id}]`);
    for (;;) {
      const lines = await reader.next();
      if (lines.length === 0) return;
      this.terminal.print(lines.map((line) => `${label} ${outputLines(line)}`).join('\n'));
      await stdoutDrained();
    }
  }
}
