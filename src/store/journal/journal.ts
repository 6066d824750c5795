import { errorCode } from '../../core/base/error-code.js';
import { o8, text } from '../../core/base/text.js';
import { constants, fstatSync, ftruncateSync, writeSync } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import type { JournalRecord, RunEvent } from '../../core/run/events.js';
import { failpoint } from '../../core/base/failpoint.js';
import type { Lease } from '../../core/base/lease.js';
import { makePrivateFolder, PRIVATE_FILE, syncFolder } from '../files/atomic-file.js';
import { encodeRecords, type ChainEnd, type JournalContent } from './journal-format.js';
import { readFrom, validContent } from './journal-reader.js';
import { writeError } from '../files/system-error.js';

/** The run's journal, opened by its single writer. */
export interface Journal {
  readonly records: readonly JournalRecord[];
  /**
   * Appends the events as one group and resolves when they are on disk. Throws O8Error `lease_lost`, or `disk_full`
   * with the journal unchanged.
   */
  append(events: readonly RunEvent[]): Promise<JournalRecord[]>;
  close(): Promise<void>;
}

/**
 * All complete records, for readers: ignores an unfinished last line, whose bytes are counted, and repairs nothing. A
 * missing file is an empty journal. Throws O8Error `journal_damaged` with the number of the first damaged record.
 */
export async function readJournal(path: string): Promise<{ records: JournalRecord[]; tornBytes: number }> {
  const bytes = await readFrom(path, 0);
  const content = validContent(path, bytes);
  return { records: content.records, tornBytes: bytes.length - content.validBytes };
}

/** Size of the journal in bytes, 0 if there is none. */
export async function journalSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/**
 * Opens or creates the journal for the owner of the run. An incomplete last line is removed and kept beside it as
 * `journal.jsonl.torn-<n>`; damage before it is `journal_damaged`, and nothing is changed.
 */
export async function openJournal(path: string, lease: Lease): Promise<Journal> {
  await makePrivateFolder(dirname(path));
  const file = await openForAppending(path);
  try {
    const bytes = await file.readFile();
    const content = validContent(path, bytes);
    if (content.validBytes < bytes.length) {
      failpoint('journal.keep_torn.before');
      await keepTornBytes(path, bytes.subarray(content.validBytes), lease);
      failpoint('journal.keep_torn.after');
      lease.assertHeld();
      failpoint('journal.repair.before');
      await file.truncate(content.validBytes);
      await file.datasync();
      failpoint('journal.repair.after');
    }
    await syncFolder(dirname(path));
    return new OpenJournal(path, file, lease, content);
  } catch (error) {
    await file.close();
    throw writeError(error, path);
  }
}

class OpenJournal implements Journal {
  readonly records: JournalRecord[];
  private end: ChainEnd;
  private bytes: number;
  private lastAppend: Promise<unknown> = Promise.resolve();
  private failure: Error | null = null;

  constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly lease: Lease,
    content: Extract<JournalContent, { kind: 'valid' }>,
  ) {
    this.records = content.records;
    this.end = content.end;
    this.bytes = content.validBytes;
  }

  async append(events: readonly RunEvent[]): Promise<JournalRecord[]> {
    const result = this.lastAppend.then(async () => this.appendGroup(events));
    this.lastAppend = result.catch(() => undefined); // the caller of this group receives the error
    return result;
  }

  async close(): Promise<void> {
    await this.lastAppend;
    await this.file.close();
  }

  private async appendGroup(events: readonly RunEvent[]): Promise<JournalRecord[]> {
    if (this.failure !== null) throw this.failure;
    if (events.length === 0) return [];
    const group = encodeRecords(events, new Date().toISOString(), this.end);
    const bytes = Buffer.from(group.text);
    failpoint('journal.append.before');
    // Synchronous from the check to the last write, because another owner could take over in between.
    this.lease.assertHeld();
    this.assertUntouched();
    try {
      writeWhole(this.file.fd, bytes);
      failpoint('journal.append.written');
      await this.file.datasync();
      failpoint('journal.append.after');
    } catch (error) {
      await this.takeBack();
      throw writeError(error, this.path);
    }
    this.bytes += bytes.length;
    this.end = group.end;
    this.records.push(...group.records);
    return group.records;
  }

  private assertUntouched(): void {
    const { size } = fstatSync(this.file.fd);
    if (size === this.bytes) return;
    const failure = new O8Error(
      'journal_damaged',
      `${this.path} has ${size} bytes, but its owner wrote ${this.bytes}: another process writes to it.`,
      text`${o8('status')} shows the run as it is on disk; ${o8('run', { resume: true })} continues it.`,
    );
    this.failure = failure;
    throw failure;
  }

  /** Removes a partly written group. If that fails too, nothing may be appended. */
  private async takeBack(): Promise<void> {
    try {
      this.lease.assertHeld();
      ftruncateSync(this.file.fd, this.bytes);
      await this.file.datasync();
    } catch (error) {
      this.failure = writeError(error, this.path);
    }
  }
}

/**
 * On a full disk write(2) writes a part and reports it only by its count (measured): continues until all is written or
 * it fails.
 */
function writeWhole(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written);
}

async function openForAppending(path: string): Promise<FileHandle> {
  try {
    return await open(
      path,
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
      PRIVATE_FILE,
    );
  } catch (error) {
    throw writeError(error, path);
  }
}

async function keepTornBytes(path: string, bytes: Buffer, lease: Lease): Promise<void> {
  lease.assertHeld();
  for (let n = 1; ; n += 1) {
    try {
      const copy = await open(`${path}.torn-${n}`, 'wx', PRIVATE_FILE);
      try {
        await copy.writeFile(bytes);
        await copy.sync();
      } finally {
        await copy.close();
      }
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}
