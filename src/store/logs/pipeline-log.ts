import { errorCode } from '../../core/base/error-code.js';
import { constants, lstatSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { failpoint } from '../../core/base/failpoint.js';
import { redactor, type Redactor } from '../../core/text/redact.js';
import { sanitizeLine } from '../../core/text/terminal-text.js';
import { makePrivateFolder, PRIVATE_FILE, writeFileAtomically } from '../files/atomic-file.js';
import { cutIntoPieces, LONGEST_LINE, splitLines } from '../files/line-splitter.js';
import type { attemptPaths } from '../files/paths.js';
import { writeError } from '../files/system-error.js';

export interface PipelineLine {
  readonly stream: 'stdout' | 'stderr';
  /** Safe to print, secrets replaced, at most 64 KB. */
  readonly text: string;
}

/** `pipeline.log` of one attempt: the agent's output, line by line, with the time o8 read it. */
export interface PipelineLog {
  /** How many bytes of the agent's standard output have been copied. */
  readonly stdoutBytes: number;
  /** How many bytes of standard output the agent had written at the last `pump`. */
  readonly writtenBytes: number;
  /**
   * Copies the agent's new output; an unfinished last line is copied when it is complete. `output`: the unchanged lines
   * of its standard output, up to 1 MB each, for event parsers.
   */
  pump(now: Date): Promise<{ readonly lines: readonly PipelineLine[]; readonly output: readonly string[] }>;
  /** Copies the remaining output and writes the last line. A second call does nothing. */
  finish(now: Date, exitCode: number): Promise<void>;
}

/**
 * Opens or creates the attempt's log and removes lines that a killed process wrote but did not record. Removes terminal
 * control sequences from lines and passes them to `redact`.
 */
export async function openPipelineLog(
  attempt: ReturnType<typeof attemptPaths>,
  taskId: string,
  redact: Redactor = redactor([]),
): Promise<PipelineLog> {
  await makePrivateFolder(attempt.dir);
  const log = new AttemptLog(
    attempt.log,
    { stdout: attempt.output, stderr: attempt.errors },
    join(attempt.dir, 'pipeline.position.json'),
    redact,
  );
  await log.open(taskId);
  return log;
}

/**
 * The length of the log and the bytes of the agent's files it contains. A batch is appended to the log first and
 * recorded in this file afterwards: after a crash in between, the log is cut back to `log` and the batch copied again.
 */
const positionSchema = z.strictObject({
  version: z.literal(1),
  state: z.enum(['open', 'finished']),
  log: z.number().int().min(0),
  stdout: z.number().int().min(0),
  stderr: z.number().int().min(0),
});
type Position = z.infer<typeof positionSchema>;

const STREAMS = ['stdout', 'stderr'] as const;
const START: Position = { version: 1, state: 'open', log: 0, stdout: 0, stderr: 0 };

/**
 * Bytes per read of an agent's file: enough for the longest line and its newline, small enough to keep for every task.
 */
const CHUNK = LONGEST_LINE + 65_536;

class AttemptLog implements PipelineLog {
  private position: Position = START;
  /** Sizes of the agent's files when all of them that is complete was last copied; null before. */
  private seen: Readonly<Record<PipelineLine['stream'], number>> | null = null;
  private busy: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly sources: Readonly<Record<PipelineLine['stream'], string>>,
    private readonly positionPath: string,
    private readonly redact: Redactor,
  ) {}

  get stdoutBytes(): number {
    return this.position.stdout;
  }

  get writtenBytes(): number {
    return this.seen?.stdout ?? 0;
  }

  async open(taskId: string): Promise<void> {
    const saved = await readPosition(this.positionPath);
    // A log shorter than recorded lost its end in a power cut: it is rebuilt from the agent's files.
    if (saved !== null && (await sizeOf(this.path)) >= saved.log) {
      await writeAt(this.path, saved.log, Buffer.alloc(0));
      this.position = saved;
    } else await this.commit(`Pipeline started for ${sanitizeLine(taskId)}\n`, START);
  }

  async pump(now: Date): Promise<{ lines: PipelineLine[]; output: string[] }> {
    return this.inTurn(async () => {
      // Before the bytes: what is written in between is copied again or found next time. Synchronous, because two of
      // these for each agent every second take a tenth of the CPU time of the same through the thread pool.
      const sizes = { stdout: sizeNow(this.sources.stdout), stderr: sizeNow(this.sources.stderr) };
      if (this.seen?.stdout === sizes.stdout && this.seen.stderr === sizes.stderr) return { lines: [], output: [] };
      const taken = await this.takeOver(now, false);
      this.seen = sizes;
      return taken;
    });
  }

  async finish(now: Date, exitCode: number): Promise<void> {
    await this.inTurn(async () => {
      await this.takeOver(now, true);
      if (this.position.state === 'finished') return;
      await this.commit(`Pipeline completed with exit code ${exitCode}\n`, { ...this.position, state: 'finished' });
    });
  }

  private async takeOver(now: Date, atEnd: boolean): Promise<{ lines: PipelineLine[]; output: string[] }> {
    const taken: PipelineLine[] = [];
    const output: string[] = [];
    for (const stream of this.position.state === 'open' ? STREAMS : []) {
      for (;;) {
        const bytes = await readFrom(this.sources[stream], this.position[stream]);
        const split = splitLines(bytes, atEnd && bytes.length < CHUNK);
        if (split.consumed === 0) break;
        const lines = split.lines.flatMap((line) => this.linesOf(stream, line));
        const text = lines.map((line) => `[${now.toISOString()}] [${stream}] ${line.text}\n`).join('');
        await this.commit(text, { ...this.position, [stream]: this.position[stream] + split.consumed });
        taken.push(...lines);
        if (stream === 'stdout') output.push(...split.lines);
      }
    }
    return { lines: taken, output };
  }

  /** Redacted before it is split, because half a secret would not be recognized. */
  private linesOf(stream: PipelineLine['stream'], line: string): PipelineLine[] {
    return cutIntoPieces(this.redact(sanitizeLine(line))).map((text) => ({ stream, text }));
  }

  private async commit(text: string, next: Position): Promise<void> {
    failpoint('log.write.before');
    const log = await writeAt(this.path, next.log, Buffer.from(text));
    failpoint('log.write.after');
    const position = { ...next, log };
    await writeFileAtomically(this.positionPath, JSON.stringify(position), 'cached');
    this.position = position;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.busy.then(work);
    this.busy = turn.catch(() => undefined); // the caller of this turn receives the error
    return turn;
  }
}

/** Writes at `position` after removing everything behind it; returns the new end of the file. */
async function writeAt(path: string, position: number, bytes: Buffer): Promise<number> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, PRIVATE_FILE);
    try {
      const { size } = await file.stat();
      if (size > position) await file.truncate(position);
      // Somebody emptied the log meanwhile: continue at its end instead of leaving a hole.
      const start = Math.min(size, position);
      let written = 0;
      while (written < bytes.length) {
        written += (await file.write(bytes, written, bytes.length - written, start + written)).bytesWritten;
      }
      return start + bytes.length;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw writeError(error, path);
  }
}

/** At most one chunk from `position`; empty if there is nothing or no file yet. */
async function readFrom(path: string, position: number): Promise<Buffer> {
  const file = await openOrNull(path);
  if (file === null) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(CHUNK, Math.max(0, size - position)));
    let read = 0;
    while (read < bytes.length) {
      const { bytesRead } = await file.read(bytes, read, bytes.length - read, position + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return bytes.subarray(0, read);
  } finally {
    await file.close();
  }
}

async function openOrNull(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** 0 if it is not there yet. */
function sizeNow(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Null if missing or truncated by a power cut: the log can be rebuilt from the start. */
async function readPosition(path: string): Promise<Position | null> {
  try {
    return positionSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  const file = await openOrNull(path);
  if (file === null) return 0;
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}
