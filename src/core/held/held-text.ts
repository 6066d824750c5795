import type { HeldView } from './finding.js';

/** Lines below the fact: what else is held, the commands that settle it, and the one that lands it all the same. */
export function heldLines({ more = [], moreCount, commands }: HeldView, accept: string | null): string[] {
  return [
    ...more.map(({ what }) => `also: ${what}`),
    ...(moreCount === undefined ? [] : [`and ${String(moreCount)} more`]),
    ...commands,
    ...(accept === null ? [] : [`or land it as it is: ${accept}`]),
  ];
}
