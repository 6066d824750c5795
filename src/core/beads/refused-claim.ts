import { printable } from '../text/untrusted-text.js';

/** What a refused claim says about the issue. */
export interface RefusedClaim {
  readonly kind: 'taken' | 'gone';
  /** For a person. */
  readonly note: string;
}

/** `why`: what bd said. */
export function refusedClaim(id: string, why: string): RefusedClaim {
  const by = /already claimed by (.+?)\s*$/i.exec(why)?.[1] ?? null;
  if (by !== null) return { kind: 'taken', note: `claimed in Beads by ${printable(by)}` };
  if (/already claimed|not claimable/i.test(why)) return { kind: 'taken', note: `claimed in Beads by somebody else` };
  return { kind: 'gone', note: `not claimed in Beads: ${printable(why).replace(`Error claiming ${id}: `, '')}` };
}
