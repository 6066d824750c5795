import { createHash } from 'node:crypto';

const OPEN = 'o8:<checksum>';
const SEAL = /\bo8:[0-9a-f]{16}\b/;

/**
 * A generated text with a checksum, which shows whether somebody changed it. `write` must put the given seal into a
 * comment at the top of the text, before anything that could look like a seal.
 */
export function sealed(write: (seal: string) => string): string {
  // parts may have other line ends; the seal is computed without them
  const text = write(OPEN).replaceAll('\r\n', '\n');
  return text.replace(OPEN, sealOf(text));
}

/** Whether a text is exactly what o8 generated; git may have converted its line ends. */
export function isAsGenerated(text: string): boolean {
  const unix = text.replaceAll('\r\n', '\n');
  const seal = SEAL.exec(unix)?.[0];
  return seal !== undefined && sealOf(unix.replace(seal, OPEN)) === seal;
}

// Detects accidental changes, not forgery, so 64 bits are enough and keep the line short.
function sealOf(open: string): string {
  return `o8:${createHash('sha256').update(open).digest('hex').slice(0, 16)}`;
}

/** What happened to a generated file; `kept`: somebody wrote or changed it. */
export type GeneratedOutcome = 'created' | 'updated' | 'unchanged' | 'kept';

/** `present`: the text of the existing file, null if there is none. */
export function generatedOutcome(present: string | null, text: string): GeneratedOutcome {
  if (present === null) return 'created';
  if (present.replaceAll('\r\n', '\n') === text) return 'unchanged';
  return isAsGenerated(present) ? 'updated' : 'kept';
}
