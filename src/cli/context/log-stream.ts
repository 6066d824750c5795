import type { TaskView } from '../../core/report/status-view.js';
import type { LogReader } from '../../store/logs/log-reader.js';
import { outputLines, stdoutDrained, type Terminal } from './terminal.js';

/** Prints new lines of the logs of all tasks and attempts, each with its task in front. */
export class LogStream {
  private readonly shown = new Map<string, { attempt: number; reader: LogReader }>();

  constructor(
    private readonly terminal: Terminal,
    private readonly open: (task: string, attempt: number) => LogReader,
  ) {}

  /** Skips what the logs contain now: it was written before the run was continued. */
  async skip(tasks: readonly TaskView[]): Promise<void> {
    for (const { id, attempt } of tasks) if (attempt > 0) await this.readerOf(id, attempt).tail(0);
  }

  /** Prints each log to its end, through every attempt since the last call. */
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
