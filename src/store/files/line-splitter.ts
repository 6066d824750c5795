/** A line longer than this many bytes is taken in parts, so that output without newlines needs no more memory. */
export const LONGEST_LINE = 1_048_576;

/** Maximum length of one log line, in bytes. */
const LONGEST_PIECE = 65_536;

const NEWLINE = 0x0a;

export interface Split {
  readonly lines: readonly string[];
  /** Bytes consumed by the lines; the remaining bytes belong to an incomplete line. */
  readonly consumed: number;
}

/** Complete lines of `bytes` without their newlines; `atEnd` also returns an unfinished last line. */
export function splitLines(bytes: Buffer, atEnd: boolean): Split {
  const lines: string[] = [];
  let position = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, position);
    const rest = bytes.length - position;
    if (newline !== -1 && newline - position <= LONGEST_LINE) {
      lines.push(bytes.toString('utf8', position, newline));
      position = newline + 1;
    } else if (rest > LONGEST_LINE) {
      const cut = characterBoundary(bytes, position + LONGEST_LINE);
      lines.push(bytes.toString('utf8', position, cut));
      position = cut;
    } else {
      if (atEnd && rest > 0) lines.push(bytes.toString('utf8', position));
      return { lines, consumed: atEnd ? bytes.length : position };
    }
  }
}

/** Splits a text into pieces of at most 64 KB between characters. At least one piece. */
export function cutIntoPieces(text: string): string[] {
  // A UTF-16 code unit needs at most three bytes in UTF-8.
  if (text.length * 3 <= LONGEST_PIECE) return [text];
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  let position = 0;
  while (bytes.length - position > LONGEST_PIECE) {
    const cut = characterBoundary(bytes, position + LONGEST_PIECE);
    pieces.push(bytes.toString('utf8', position, cut));
    position = cut;
  }
  pieces.push(bytes.toString('utf8', position));
  return pieces;
}

/** The last position at or before `at` where a UTF-8 character starts; `at` itself if the bytes are not UTF-8. */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let position = at; position > at - 4; position -= 1) {
    const byte = bytes[position];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return position;
  }
  return at;
}
