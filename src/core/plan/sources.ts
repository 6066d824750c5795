import { o8, placeholder, type Command } from '../base/text.js';
import { relative } from 'node:path';
import * as z from 'zod';
import { O8Error } from '../base/errors.js';
import type { Settings } from '../settings/settings.js';
import {
  beadsAnswers,
  beadsFacts,
  beadsInputs,
  beadsSource,
  beadsSourceSchema,
  type BeadsKey,
} from './beads-source.js';
import {
  featureAnswers,
  featureFacts,
  featureInputs,
  featureSource,
  featureSourceSchema,
  type FeatureKey,
} from './feature-source.js';
import {
  manifestAnswers,
  manifestFacts,
  manifestInputs,
  manifestKeyFrom,
  manifestSource,
  manifestSourceSchema,
  type ManifestKey,
} from './manifest-source.js';
import type { OwnChange, Source, SourceFacts } from './source.js';

/*
 * The table of plan sources. One more is one more `<kind>-source.ts` with a line in each list and switch here, and a
 * folder in src/sources/ with a line in its table; nothing else asks for the kind.
 */

/** Where a plan comes from, as `plan.json` has it. */
export const planSourceSchema = z.discriminatedUnion('kind', [
  manifestSourceSchema,
  featureSourceSchema,
  beadsSourceSchema,
]);
export type PlanSource = z.infer<typeof planSourceSchema>;
export type SourceKind = PlanSource['kind'];

/** What says which plan is meant, before or after it has been read. */
export type SourceKey = ManifestKey | FeatureKey | BeadsKey;

/** Keys of a tool's input that name a plan, of which exactly one is given; answers have the same keys. */
export const sourceInputs = {
  ...manifestInputs,
  ...featureInputs,
  ...beadsInputs,
};

/** The keys by which an answer names the plan, of which it has one: a source's `view`. */
export const sourceAnswers = { ...manifestAnswers, ...featureAnswers, ...beadsAnswers };

/** What of an input, an answer or a command line names a plan. */
export interface NamedSource {
  readonly dir?: string | undefined;
  readonly features?: readonly string[] | undefined;
  readonly epic?: string | undefined;
}

const FACTS: Readonly<Record<SourceKind, SourceFacts>> = {
  manifest: manifestFacts,
  features: featureFacts,
  beads: beadsFacts,
};

export function sourceFacts(kind: SourceKind): SourceFacts {
  return FACTS[kind];
}

export function sourceOf(source: PlanSource): Source {
  switch (source.kind) {
    case 'manifest':
      return manifestSource(source);
    case 'features':
      return featureSource(source);
    case 'beads':
      return beadsSource(source);
  }
}

/** The key of a plan folder, as it was typed or absolute. */
export function folderKey(dir: string): ManifestKey {
  return { kind: 'manifest', dir };
}

/** Null where nothing is named. Of several the first in the order of `sourceInputs`. */
export function keyOf({ dir, features, epic }: NamedSource): SourceKey | null {
  if (dir !== undefined) return folderKey(dir);
  if (features !== undefined) return { kind: 'features', slugs: features };
  return epic === undefined ? null : { kind: 'beads', epic };
}

/** The key that an input must have: O8Error `usage` for none or several. */
export function requireKey(input: NamedSource): SourceKey {
  const names = Object.keys(sourceInputs) as (keyof typeof sourceInputs)[];
  const given = names.filter((name) => input[name] !== undefined);
  const key = keyOf(input);
  if (given.length === 1 && key !== null) return key;
  const count = given.length === 0 ? 'none was given' : `given: ${given.join(', ')}`;
  throw new O8Error(
    'usage',
    `Say what to run with exactly one of ${names.join(', ')} (${count}).`,
    o8('plan', [placeholder('parallel-dir')]),
  );
}

/**
 * What the words of `o8 run` name: several are slugs; a single one is a slug when it could be one (`isSlug`) and is no
 * plan folder (`isFolder`). Nothing for no words.
 */
export function namedBy(
  words: readonly string[],
  { isSlug, isFolder }: { readonly isSlug: (word: string) => boolean; readonly isFolder: (word: string) => boolean },
): NamedSource {
  const [first] = words;
  if (first === undefined) return {};
  return words.length > 1 || (isSlug(first) && !isFolder(first)) ? { features: words } : { dir: first };
}

/** The words of a command line that name it; `keyOf` of what `namedBy` makes of them is the key again. */
export function keyWords(key: SourceKey): readonly string[] {
  switch (key.kind) {
    case 'manifest':
      return [key.dir];
    case 'features':
      return key.slugs;
    case 'beads':
      return ['--epic', key.epic];
  }
}

/** The command that runs what a key names. */
export function keyCommand(key: SourceKey): Command {
  return o8(sourceFacts(key.kind).command, keyWords(key));
}

/** The key of a plan that has been read, by which it can be read again. */
export function sourceKey(source: PlanSource): SourceKey {
  switch (source.kind) {
    case 'manifest':
      return folderKey(source.dir);
    case 'features':
      return { kind: source.kind, slugs: source.slugs };
    case 'beads':
      return { kind: source.kind, epic: source.epic };
  }
}

/** The key with paths made absolute, which were typed in `cwd` (absolute and real). */
export function keyFrom(key: SourceKey, cwd: string): SourceKey {
  switch (key.kind) {
    case 'manifest':
      return manifestKeyFrom(key, cwd);
    case 'features':
    case 'beads':
      return key;
  }
}

/** The key with absolute paths as a person in the folder `from` types them. */
export function keyFor(key: SourceKey, from: string): SourceKey {
  switch (key.kind) {
    case 'manifest':
      return folderKey(relative(from, key.dir) || '.');
    case 'features':
    case 'beads':
      return key;
  }
}

/** Whether the task of a run is among what is meant. */
export function includesTask(key: SourceKey, task: string): boolean {
  switch (key.kind) {
    case 'manifest':
    case 'beads':
      return true;
    case 'features':
      return key.slugs.includes(task);
  }
}

/** Whether a run of `source` works on everything that is meant. */
export function covers(source: PlanSource, wanted: SourceKey): boolean {
  switch (source.kind) {
    case 'manifest':
      return wanted.kind === 'manifest' && wanted.dir === source.dir;
    case 'features':
      return wanted.kind === 'features' && wanted.slugs.every((slug) => source.slugs.includes(slug));
    case 'beads':
      return wanted.kind === 'beads' && wanted.epic === source.epic;
  }
}

/** Whether a run of `source` works on exactly what is meant; the order of slugs says nothing. */
export function isSameSource(source: PlanSource, wanted: SourceKey): boolean {
  if (!covers(source, wanted)) return false;
  return source.kind !== 'features' || (wanted.kind === 'features' && wanted.slugs.length === source.slugs.length);
}

/** What a person types to run the plan again from `from`. */
export function runCommand(source: PlanSource, from: string): Command {
  return keyCommand(keyFor(sourceKey(source), from));
}

/** The folder the worktrees of a plan are made in, as the settings have it. */
export function worktreeFolder(source: PlanSource, settings: Settings): string {
  return settings[sourceOf(source).worktrees.setting];
}

/** Includes all kinds of plans, because files written by another plan's run are not the user's work either. */
export function ownChanges(): OwnChange[] {
  return Object.values(FACTS).flatMap(({ ownChange }) => ownChange ?? []);
}
