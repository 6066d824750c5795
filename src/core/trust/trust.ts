import * as z from 'zod';
import { shownText } from '../text/shown-text.js';
import { printable } from '../text/untrusted-text.js';
import { digestOf, type TrustItem } from './files.js';

/** One acceptance for a repository: the digests of items that were shown together. */
export interface Consent {
  readonly digest: string;
  readonly items: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}

/** What the user has accepted so far for a repository. */
export interface TrustRecord {
  readonly consents: readonly Consent[];
  /** Agent kinds whose own program has recorded that its user trusts the folder. */
  readonly kinds: ReadonlySet<string>;
}

/** The settings of a repository that run or redirect programs, and whether the user still has to accept them. */
export interface Trust {
  readonly needed: boolean;
  readonly items: readonly TrustItem[];
  /** Of the items together; the same for the same content in every repository. */
  readonly digest: string;
}

/**
 * Items of an agent kind that the user already trusts are omitted. The others must have been accepted together,
 * possibly with more items.
 */
export function judgeTrust(items: readonly TrustItem[], { consents, kinds }: TrustRecord): Trust {
  const open = items.filter(({ kind }) => kind === null || !kinds.has(kind));
  return {
    needed: !isAccepted(
      open.map(({ digest }) => digest),
      consents,
    ),
    items: open,
    digest: digestOfItems(open),
  };
}

/** Whether all of these were accepted together. */
export function isAccepted(items: readonly string[], consents: readonly Pick<Consent, 'items'>[]): boolean {
  return items.length === 0 || consents.some((consent) => items.every((digest) => consent.items.includes(digest)));
}

function digestOfItems(items: readonly TrustItem[]): string {
  return digestOf(items.map(({ digest }) => digest).sort());
}

/** The trusted content a run was started with, in its plan: later attempts use only this. */
export const runConsentSchema = z.strictObject({
  /** What was accepted for it. */
  items: z.array(z.object({ from: z.string(), digest: z.string() })),
  /** Digests of everything an attempt may find in its worktree, including items that needed no consent. */
  allowed: z.array(z.string()),
  /** Texts of project settings of agents' programs, by path. */
  settings: z.record(z.string(), z.string()).optional(),
  /** In runs of earlier versions: the text of `.claude/settings.json`, null for none. */
  claudeSettings: z.string().nullable().optional(),
});
export type RunConsent = z.infer<typeof runConsentSchema>;

/** The text of the project settings at `path` when the run started, null for none. */
export function consentedText({ settings, claudeSettings }: RunConsent, path: string): string | null {
  return settings === undefined ? (claudeSettings ?? null) : (settings[path] ?? null);
}

/** `trust` in answers of tools. */
export const trustSchema = z.object({
  needed: z.boolean().describe('the user has to accept items in a terminal first: o8 trust'),
  items: z
    .array(z.object({ from: z.string().describe('untrusted'), what: z.string().describe('untrusted') }))
    .optional()
    .describe("the repository's own settings that run or redirect, word for word: show them to the user"),
  digest: z.string().optional(),
});

export type TrustAnswer = z.infer<typeof trustSchema>;

export function trustAnswer({ needed, items, digest }: Trust): TrustAnswer {
  if (items.length === 0) return { needed };
  return { needed, items: items.map(({ from, text }) => ({ from: printable(from), what: shownText(text) })), digest };
}
