import * as z from 'zod';
import { shownText } from '../text/shown-text.js';
import { printable } from '../text/untrusted-text.js';
import { digestOf, type TrustItem } from './files.js';

/** What was accepted once for a repository: the digests of items that were shown together. */
export interface Consent {
  readonly digest: string;
  readonly items: readonly string[];
  /** ISO 8601. */
  readonly at: string;
}

/** What the user has said so far about a repository. */
export interface TrustRecord {
  readonly consents: readonly Consent[];
  /** Agent kinds whose own program has recorded that its user trusts the folder. */
  readonly kinds: ReadonlySet<string>;
}

/** What a repository brings that runs or redirects, and whether somebody still has to agree to it. */
export interface Trust {
  readonly needed: boolean;
  readonly items: readonly TrustItem[];
  /** Of the items together; the same for the same content in every repository. */
  readonly digest: string;
}

/**
 * Items of a kind that the user trusts already are left out. What is left needs to have been accepted together, be it
 * with more.
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

/** Whether all of these were accepted at one time. */
export function isAccepted(items: readonly string[], consents: readonly Pick<Consent, 'items'>[]): boolean {
  return items.length === 0 || consents.some((consent) => items.every((digest) => consent.items.includes(digest)));
}

function digestOfItems(items: readonly TrustItem[]): string {
  return digestOf(items.map(({ digest }) => digest).sort());
}

/** What a run was started with, in its plan: later attempts get this and nothing newer. */
export const runConsentSchema = z.strictObject({
  /** What was accepted for it. */
  items: z.array(z.object({ from: z.string(), digest: z.string() })),
  /** Digests of everything an attempt may find in its worktree, with what needed no consent. */
  allowed: z.array(z.string()),
  /** Texts of project settings of agents' programs, by path. */
  settings: z.record(z.string(), z.string()).optional(),
  /** What runs of earlier versions have instead: the text of `.claude/settings.json`, null for none. */
  claudeSettings: z.string().nullable().optional(),
});
export type RunConsent = z.infer<typeof runConsentSchema>;

/** The text that the project settings at `path` had when a run began, null for none. */
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
