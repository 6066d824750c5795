/** A line longer than this in bytes is taken in parts as it comes, so that output without newlines needs no more memory. */
export const LONGEST_LINE = 1_048_576;

/** Longest text of one line of a log, in bytes. */
const LONGEST_PIECE = 65_536;

const NEWLINE = 0x0a;

export interface Split {
  readonly lines: readonly string[];
  /** Bytes the lines came from; what follows belongs to a line that is not complete yet. */
  readonly consumed: number;
}

/** Complete lines of `bytes`, without their newline; `atEnd` takes an unfinished last line as one. */
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

/** A text in pieces of at most 64 KB, cut between characters. At least one piece. */
export function cutIntoPieces(text: string): string[] {
  // Three bytes a code unit is the most UTF-8 needs.
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

/** The last place at or before `at` where a UTF-8 character begins; `at` itself where the bytes are no UTF-8. */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let position = at; position > at - 4; position -= 1) {
    const byte = bytes[position];
    if (byte === undefined || (byte & 0xc0) !== 0x80) return position;
  }
  return at;
}
