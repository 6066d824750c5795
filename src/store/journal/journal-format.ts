import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { runEventSchema, type JournalRecord, type RunEvent } from '../../core/run/events.js';

/**
 * A line is `{"version":1,"seq":…,"at":…,…event,"crc":"89abcdef"}` and a newline. `crc` is the CRC-32 of everything
 * before it on the line, continued from the previous line (as in etcd's write-ahead log), so that a changed, missing,
 * repeated or moved line is detected.
 */
const CRC_FIELD = /^,"crc":"([0-9a-f]{8})"\}$/;
const CRC_FIELD_BYTES = ',"crc":"89abcdef"}'.length;
const NEWLINE = 0x0a;

/** End of the journal: the sequence number and checksum that the next line continues from. */
export interface ChainEnd {
  readonly seq: number;
  readonly crc: number;
}
export const EMPTY_CHAIN: ChainEnd = { seq: 0, crc: 0 };

export type JournalContent =
  | {
      readonly kind: 'valid';
      readonly records: JournalRecord[];
      readonly end: ChainEnd;
      /** Bytes of complete records; the bytes after them are an unfinished write. */
      readonly validBytes: number;
    }
  | { readonly kind: 'damaged'; readonly record: number; readonly why: string };

/** The lines for a group of events, to be written together. */
export function encodeRecords(
  events: readonly RunEvent[],
  at: string,
  from: ChainEnd,
): { text: string; records: JournalRecord[]; end: ChainEnd } {
  let { seq, crc } = from;
  let text = '';
  const records: JournalRecord[] = [];
  for (const event of events) {
    seq += 1;
    const body = JSON.stringify({ version: 1, seq, at, ...event }).slice(0, -1);
    crc = crc32(body, crc);
    text += `${body}${crcField(crc)}\n`;
    records.push({ seq, at, event });
  }
  return { text, records, end: { seq, crc } };
}

/** The last bytes of the line that ends the chain there; none for an empty one. */
export function lineEnd({ seq, crc }: ChainEnd): Buffer {
  return Buffer.from(seq === 0 ? '' : `${crcField(crc)}\n`);
}

/**
 * Reads all complete lines that follow `from`. A last line without a newline is an interrupted write and is ignored; any
 * other fault is damage.
 */
export function decodeJournal(bytes: Buffer, from = EMPTY_CHAIN): JournalContent {
  const records: JournalRecord[] = [];
  let end = from;
  let position = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, position);
    if (newline === -1) return { kind: 'valid', records, end, validBytes: position };
    const line = decodeLine(bytes.subarray(position, newline), end);
    if (line.kind === 'bad') return { kind: 'damaged', record: end.seq + 1, why: line.why };
    records.push(line.record);
    end = line.end;
    position = newline + 1;
  }
}

const lineSchema = z.looseObject({
  version: z.literal(1),
  seq: z.number().int(),
  at: z.iso.datetime(),
  crc: z.string(),
});

type Line =
  | { readonly kind: 'good'; readonly record: JournalRecord; readonly end: ChainEnd }
  | { readonly kind: 'bad'; readonly why: string };

function decodeLine(line: Buffer, before: ChainEnd): Line {
  const bodyBytes = Math.max(0, line.length - CRC_FIELD_BYTES);
  const written = CRC_FIELD.exec(line.toString('latin1', bodyBytes))?.[1];
  const crc = crc32(line.subarray(0, bodyBytes), before.crc);
  if (written === undefined || written !== hex(crc)) return { kind: 'bad', why: 'its checksum does not match' };

  // The checksum proves that o8 wrote these bytes, so any other fault comes from a different version of o8.
  const fields = lineSchema.safeParse(JSON.parse(line.toString('utf8')));
  if (!fields.success) return { kind: 'bad', why: 'its format is not supported by this version of o8' };
  const { seq, at } = fields.data;
  if (seq !== before.seq + 1) return { kind: 'bad', why: `it has the number ${seq}` };
  const event = runEventSchema.safeParse(withoutEnvelope(fields.data));
  if (!event.success) return { kind: 'bad', why: 'its event type is not supported by this version of o8' };
  return { kind: 'good', record: { seq, at, event: event.data }, end: { seq, crc } };
}

function withoutEnvelope(line: z.infer<typeof lineSchema>): unknown {
  return Object.fromEntries(Object.entries(line).filter(([key]) => !(key in lineSchema.shape)));
}

function crcField(crc: number): string {
  return `,"crc":"${hex(crc)}"}`;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
