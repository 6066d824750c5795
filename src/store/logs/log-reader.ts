import { open, type FileHandle } from 'node:fs/promises';
import { systemCode } from '../files/system-error.js';

/** One read: many times the longest line a log has (64 KB), little enough to hold for every task. */
const CHUNK = 1024 * 1024;
/** Looking for the last lines ends here: a tail of giant lines helps nobody. */
const LONGEST_TAIL = 16 * CHUNK;

const NEWLINE = 0x0a;

/** What is shown of a line; nothing where it tells nothing. */
export type LineView = (line: string) => readonly string[];

const asWritten: LineView = (line) => [line];
/** So many lines are looked at for each that is wanted, where some tell nothing. */
const LINES_FOR_ONE = 5;

/** Reads a log that may be growing, whole lines only, each once; a log that is not there yet is an empty one. */
export class LogReader {
  private position = 0;

  constructor(
    private readonly path: string,
    private readonly view: LineView = asWritten,
  ) {}

  /** Reads another log, and shows it the same way. */
  of(path: string): LogReader {
    return new LogReader(path, this.view);
  }

  /** The last lines of what is there, at most this many; `next` goes on behind them. */
  async tail(lines: number): Promise<string[]> {
    const last = await this.lastLines(this.view === asWritten ? lines : lines * LINES_FOR_ONE);
    return lines === 0 ? [] : last.flatMap(this.view).slice(-lines);
  }

  /** The lines that came since, at most a megabyte of them: call it until there are none. */
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
    return this.withFile([], async (file, size) => {
      if (size < this.position) this.position = size; // cut back after a crash: what follows is written again
      const bytes = await readAt(file, this.position, Math.min(CHUNK, size - this.position));
      const end = bytes.lastIndexOf(NEWLINE);
      if (end < 0 && bytes.length < CHUNK) return [];
      const whole = end < 0 ? bytes.length : end; // no line of ours is that long: given in pieces, not waited for
      this.position += Math.min(whole + 1, bytes.length);
      return bytes.subarray(0, whole).toString('utf8').split('\n');
    });
  }

  private async withFile<T>(none: T, work: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
    let file;
    try {
      file = await open(this.path, 'r');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return none;
      throw error;
    }
    try {
      return await work(file, (await file.stat()).size);
    } finally {
      await file.close();
    }
  }
}

/** The last lines of a log that may be growing; empty while there is none. */
export async function readLogTail(path: string, lines: number, view?: LineView): Promise<string[]> {
  return new LogReader(path, view).tail(lines);
}

async function bytesBehindLastNewline(file: FileHandle, size: number): Promise<number> {
  const bytes = await readAt(file, Math.max(0, size - CHUNK), Math.min(CHUNK, size));
  return bytes.length - (bytes.lastIndexOf(NEWLINE) + 1);
}

/** `end` is just behind a newline. Looks backwards for the newline in front of the lines wanted. */
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
