import { errorCode } from '../../core/base/error-code.js';
import { statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Bytes per read: many times the longest log line (64 KB), but small enough to keep for every task. */
const CHUNK = 1024 * 1024;
/** The search for the last lines stops here, because a tail of very long lines is not useful. */
const LONGEST_TAIL = 16 * CHUNK;

const NEWLINE = 0x0a;

/** What to show of a line; nothing to skip it. */
export type LineView = (line: string) => readonly string[];

const asWritten: LineView = (line) => [line];
/** Lines read for each line wanted, because some are skipped. */
const LINES_FOR_ONE = 5;

/** Reads a log that may be growing, each complete line once; a log that does not exist yet is empty. */
export class LogReader {
  private position = 0;
  /** The size at which nothing was left to read; null if not known. */
  private readUpTo: number | null = null;

  constructor(
    private readonly path: string,
    private readonly view: LineView = asWritten,
  ) {}

  /** Switches to another log, shown in the same way. */
  of(path: string): LogReader {
    return new LogReader(path, this.view);
  }

  /** The last existing lines, at most this many; `next` continues after them. */
  async tail(lines: number): Promise<string[]> {
    const last = await this.lastLines(this.view === asWritten ? lines : lines * LINES_FOR_ONE);
    return lines === 0 ? [] : last.flatMap(this.view).slice(-lines);
  }

  /** The new lines, at most a megabyte: call it until there are none. */
  async next(): Promise<string[]> {
    for (;;) {
      const written = await this.nextLines();
      const shown = written.flatMap(this.view);
      if (written.length === 0 || shown.length > 0) return shown;
    }
  }

  private async lastLines(lines: number): Promise<string[]> {
    return this.withFile([], async (file, size) => {
      const end = size - (await bytesBehindLastNewline(file, size));
      const start = await startOfLastLines(file, end, lines);
      const bytes = await readAt(file, start, end - start);
      this.position = end;
      return bytes.length === 0 ? [] : bytes.subarray(0, -1).toString('utf8').split('\n').slice(-lines);
    });
  }

  private async nextLines(): Promise<string[]> {
    // Asked several times a second for every running task: opening a file costs twenty times as much as this look.
    if (this.readUpTo !== null && statSync(this.path, { throwIfNoEntry: false })?.size === this.readUpTo) return [];
    return this.withFile([], async (file, size) => {
      if (size < this.position) this.position = size; // truncated after a crash: the rest is written again
      const bytes = await readAt(file, this.position, Math.min(CHUNK, size - this.position));
      const end = bytes.lastIndexOf(NEWLINE);
      this.readUpTo = end < 0 && bytes.length < CHUNK ? size : null;
      if (this.readUpTo !== null) return [];
      const whole = end < 0 ? bytes.length : end; // o8 writes no line that long: returned in pieces
      this.position += Math.min(whole + 1, bytes.length);
      return bytes.subarray(0, whole).toString('utf8').split('\n');
    });
  }

  private async withFile<T>(none: T, work: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
    let file;
    try {
      file = await open(this.path, 'r');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return none;
      throw error;
    }
    try {
      return await work(file, (await file.stat()).size);
    } finally {
      await file.close();
    }
  }
}

/** The last lines of a log that may be growing; empty if there is none. */
export async function readLogTail(path: string, lines: number, view?: LineView): Promise<string[]> {
  return new LogReader(path, view).tail(lines);
}

async function bytesBehindLastNewline(file: FileHandle, size: number): Promise<number> {
  const bytes = await readAt(file, Math.max(0, size - CHUNK), Math.min(CHUNK, size));
  return bytes.length - (bytes.lastIndexOf(NEWLINE) + 1);
}

/** `end` is just after a newline. Searches backwards for the newline before the wanted lines. */
async function startOfLastLines(file: FileHandle, end: number, lines: number): Promise<number> {
  let wanted = lines + 1;
  for (let until = end; until > 0;) {
    const from = Math.max(0, until - CHUNK);
    const bytes = await readAt(file, from, until - from);
    for (let at = bytes.length - 1; at >= 0; at -= 1) {
      if (bytes[at] !== NEWLINE) continue;
      wanted -= 1;
      if (wanted === 0 || end - (from + at) > LONGEST_TAIL) return from + at + 1;
    }
    until = from;
  }
  return 0;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
