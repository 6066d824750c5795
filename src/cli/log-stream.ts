import { open } from 'node:fs/promises';
import type { TaskView } from '../core/status-view.js';
import { safeLines, type Terminal } from './terminal.js';

const CHUNK = 64 * 1024;

/** Prints what is new in the tasks' logs, each line with its task in front. */
export class LogStream {
  private readonly positions = new Map<string, number>();

  constructor(private readonly terminal: Terminal) {}

  async print(tasks: readonly TaskView[]): Promise<void> {
    for (const task of tasks) {
      if (task.attempt === 0) continue;
      for (const line of await this.newLines(task.log))
        this.terminal.print(`${this.terminal.colors.dim(`[${task.id}]`)} ${safeLines(line)}`);
    }
  }

  private async newLines(path: string): Promise<string[]> {
    const file = await open(path, 'r').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    });
    if (file === null) return [];
    try {
      const start = this.positions.get(path) ?? 0;
      const buffer = Buffer.alloc(CHUNK);
      const { bytesRead } = await file.read(buffer, 0, CHUNK, start);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
      if (end < 0) return [];
      this.positions.set(path, start + end + 1);
      return buffer.subarray(0, end).toString('utf8').split('\n');
    } finally {
      await file.close();
    }
  }
}
