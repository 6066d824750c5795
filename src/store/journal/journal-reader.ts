import { errorCode } from '../../core/base/error-code.js';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { shellQuote } from '../../core/base/shell-quote.js';
import { O8Error } from '../../core/base/errors.js';
import type { JournalRecord } from '../../core/run/events.js';
import { fileVersion } from '../files/file-version.js';
import { decodeJournal, EMPTY_CHAIN, lineEnd, type JournalContent } from './journal-format.js';

type ValidContent = Extract<JournalContent, { kind: 'valid' }>;

const NOTHING: ValidContent = { kind: 'valid', records: [], end: EMPTY_CHAIN, validBytes: 0 };

/** Reads a journal repeatedly; each call reads only what was added since the last one. */
export class JournalReader {
  private version: string | null = null;
  private known = NOTHING;

  constructor(private readonly path: string) {}

  /**
   * All complete records, as `readJournal` gives them. Earlier records are the same objects as before as long as the
   * journal only grew.
   */
  async records(): Promise<readonly JournalRecord[]> {
    const version = await fileVersion(this.path); // before the bytes: what is added in between changes it again
    if (version !== this.version) {
      this.known = (await this.grown()) ?? validContent(this.path, await readFrom(this.path, 0));
      this.version = version;
    }
    return this.known.records;
  }

  /**
   * Null if the file does not continue what is known: its owner removes a group again that it could not write completely,
   * and a reader may have seen lines of it.
   */
  private async grown(): Promise<ValidContent | null> {
    const { records, end, validBytes } = this.known;
    const last = lineEnd(end);
    const bytes = await readFrom(this.path, validBytes - last.length);
    if (!bytes.subarray(0, last.length).equals(last)) return null;
    const added = decodeJournal(bytes.subarray(last.length), end);
    if (added.kind === 'damaged') return null;
    return { ...added, records: [...records, ...added.records], validBytes: validBytes + added.validBytes };
  }
}

/** The bytes of a journal from `position` on; none if there is no journal. */
export async function readFrom(path: string, position: number): Promise<Buffer> {
  try {
    // Reading a named pipe would wait for a writer.
    if (!(await stat(path)).isFile())
      throw new O8Error('journal_damaged', `${path} is not a regular file.`, `ls -ld ${shellQuote(path)}`);
    const file = await open(path, constants.O_RDONLY);
    try {
      const bytes = Buffer.alloc(Math.max(0, (await file.stat()).size - position));
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, position + length);
        if (bytesRead === 0) break; // cut off meanwhile
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Throws O8Error `journal_damaged` with the number of the first damaged record. */
export function validContent(path: string, bytes: Buffer): ValidContent {
  const content = decodeJournal(bytes);
  if (content.kind === 'valid') return content;
  throw new O8Error(
    'journal_damaged',
    `Record ${content.record} of ${path} is damaged: ${content.why}. Nothing was changed.`,
    `sed -n ${content.record}p ${shellQuote(path)}`,
  );
}
