import type { HeldView } from './finding.js';

/** Lines below the fact: further findings, the commands that resolve it, and the command that lands it anyway. */
export function heldLines({ more = [], moreCount, commands }: HeldView, accept: string | null): string[] {
  return [
    ...more.map(({ what }) => `also: ${what}`),
    ...(moreCount === undefined ? [] : [`and ${String(moreCount)} more`]),
    ...commands,
    ...(accept === null ? [] : [`or land it anyway: ${accept}`]),
  ];
}
