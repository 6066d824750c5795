import { createHash } from 'node:crypto';

const OPEN = 'o8:<checksum>';
const SEAL = /\bo8:[0-9a-f]{16}\b/;

/**
 * A generated text that knows whether somebody changed it since. `write` puts the seal it is given into a comment at the
 * top of the text, before anything that could look like one.
 */
export function sealed(write: (seal: string) => string): string {
  const text = write(OPEN).replaceAll('\r\n', '\n'); // of parts that have other line ends; a seal is told without them
  return text.replace(OPEN, sealOf(text));
}

/** Whether a text is word for word what o8 generated; line ends may have been converted by git. */
export function isAsGenerated(text: string): boolean {
  const unix = text.replaceAll('\r\n', '\n');
  const seal = SEAL.exec(unix)?.[0];
  return seal !== undefined && sealOf(unix.replace(seal, OPEN)) === seal;
}

// Against accidents, not against forgers: 64 bits are plenty, and the line stays short.
function sealOf(open: string): string {
  return `o8:${createHash('sha256').update(open).digest('hex').slice(0, 16)}`;
}

/** What became of a file that is generated: `kept` is one that somebody wrote or changed. */
export type GeneratedOutcome = 'created' | 'updated' | 'unchanged' | 'kept';

/** `present` is the text of the file that has the name, null for none. */
export function generatedOutcome(present: string | null, text: string): GeneratedOutcome {
  if (present === null) return 'created';
  if (present.replaceAll('\r\n', '\n') === text) return 'unchanged';
  return isAsGenerated(present) ? 'updated' : 'kept';
}
