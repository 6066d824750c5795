import { o8, withFlags, type Command, type Text } from '../base/text.js';
import * as z from 'zod';
import { printable } from '../text/untrusted-text.js';

/**
 * One change that needs the user's decision before it lands. `path` is in the repository, `what` is one line that is
 * safe to print. `key` identifies the change, so that a decision covers only what it was made for. `commands` resolve
 * it, in order, for a shell.
 */
export const findingSchema = z.strictObject({
  key: z.string(),
  what: z.string(),
  path: z.string(),
  commands: z.array(z.string()),
});
export type Finding = z.infer<typeof findingSchema>;

/** Why a branch is held, as recorded in the journal: the tip, every key, and the first findings in full. */
export const heldSchema = z.strictObject({
  tip: z.string(),
  keys: z.array(z.string()),
  findings: z.array(findingSchema),
});
export type Held = z.infer<typeof heldSchema>;

/** What the user let land although it was held. */
export interface Acceptance {
  readonly tip: string;
  readonly keys: readonly string[];
}

/** What `status` and `merge` show. `more`: further findings, without their commands, which are all in `commands`. */
export const heldViewSchema = z.object({
  what: z.string().describe('the fact that needs a decision; contains untrusted names'),
  path: z.string().describe('untrusted'),
  commands: z.array(z.string()).describe('commands that resolve it, in order; contain untrusted names'),
  more: z
    .array(z.object({ what: z.string().describe('untrusted'), path: z.string().describe('untrusted') }))
    .optional(),
  moreCount: z.number().optional().describe('findings that are not listed'),
});
export type HeldView = z.infer<typeof heldViewSchema>;
/** The same before a door has spelled its commands. */
export type HeldFacts = Omit<HeldView, 'commands'> & { readonly commands: readonly Text[] };

const MOST_FINDINGS = 10; // more would not be read, and keeps the journal record small
const MOST_KEYS = 200; // with more keys, a decision applies to the whole branch
const MOST_TEXT = 500; // contains names chosen by an agent
const EVERYTHING = '*';

/** The findings in the format of the journal. */
export function heldOf(tip: string, findings: readonly Finding[]): Held {
  const shown = findings.slice(0, MOST_FINDINGS).map((finding) => ({ ...finding, what: shortened(finding.what) }));
  return { tip, keys: keysOf(findings), findings: shown };
}

function keysOf(findings: readonly Finding[]): string[] {
  return findings.length > MOST_KEYS ? [EVERYTHING] : findings.map(({ key }) => key);
}

function shortened(text: string): string {
  const safe = printable(text);
  return safe.length > MOST_TEXT ? `${safe.slice(0, MOST_TEXT)}…` : safe;
}

/** Findings without a decision: an acceptance is valid for one tip of the branch and the findings shown for it. */
export function undecided(findings: readonly Finding[], tip: string, accepted: Acceptance | null): Finding[] {
  if (accepted?.tip !== tip) return [...findings];
  if (accepted.keys.includes(EVERYTHING)) return [];
  return findings.filter(({ key }) => !accepted.keys.includes(key));
}

/** The command that checks again, and lands the work if nothing is held. */
export function mergeAgain(runId: string, task: string): Command {
  return o8('merge', { run: runId, task });
}

/** The command that lands the work anyway; not in `commands`, which a user may run one after the other. */
export function acceptCommand(runId: string, task: string): Command {
  return withFlags(mergeAgain(runId, task), { acceptHeld: true });
}

export function heldView(runId: string, task: string, { keys, findings }: Held): HeldFacts {
  const [first, ...others] = findings;
  const commands = [...new Set(findings.flatMap((finding) => finding.commands))];
  const more = others.map(({ what, path }) => ({ what, path }));
  return {
    what: first?.what ?? '',
    path: first?.path ?? '',
    commands: [...commands, mergeAgain(runId, task)],
    ...(more.length === 0 ? {} : { more }),
    ...(keys.length > findings.length ? { moreCount: keys.length - findings.length } : {}),
  };
}

/** The lines in the commit message that list what the user accepted. */
export function acceptedText(findings: readonly Finding[]): string {
  const lines = findings.slice(0, MOST_FINDINGS).map(({ what }) => `- ${shortened(what)}`);
  const rest = findings.length - MOST_FINDINGS;
  return ['Merged with --accept-held:', ...lines, ...(rest > 0 ? [`- and ${String(rest)} more`] : [])].join('\n');
}
