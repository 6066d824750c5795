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
 * The table of plan sources. To add one, add a `<kind>-source.ts` and an entry in each list and switch here, and a
 * folder in src/sources/ with an entry in its table. No other code depends on the kind.
 */

/** The source of a plan, as stored in `plan.json`. */
export const planSourceSchema = z.discriminatedUnion('kind', [
  manifestSourceSchema,
  featureSourceSchema,
  beadsSourceSchema,
]);
export type PlanSource = z.infer<typeof planSourceSchema>;
export type SourceKind = PlanSource['kind'];

/** Identifies a plan, before or after it has been read. */
export type SourceKey = ManifestKey | FeatureKey | BeadsKey;

/** Keys of a tool's input that name a plan; exactly one must be given. Answers have the same keys. */
export const sourceInputs = {
  ...manifestInputs,
  ...featureInputs,
  ...beadsInputs,
};

/** Keys of an answer that name the plan: a source's `view`. An answer has one of them. */
export const sourceAnswers = { ...manifestAnswers, ...featureAnswers, ...beadsAnswers };

/** The part of an input, an answer or a command line that names a plan. */
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

/** Asked for every task at every look at a run. */
const made = new WeakMap<PlanSource, Source>();

export function sourceOf(source: PlanSource): Source {
  const known = made.get(source) ?? makeSource(source);
  made.set(source, known);
  return known;
}

function makeSource(source: PlanSource): Source {
  switch (source.kind) {
    case 'manifest':
      return manifestSource(source);
    case 'features':
      return featureSource(source);
    case 'beads':
      return beadsSource(source);
  }
}

/** The key of a plan folder, as typed or absolute. */
export function folderKey(dir: string): ManifestKey {
  return { kind: 'manifest', dir };
}

/** Null if no plan is named. If several are, the first in the order of `sourceInputs`. */
export function keyOf({ dir, features, epic }: NamedSource): SourceKey | null {
  if (dir !== undefined) return folderKey(dir);
  if (features !== undefined) return { kind: 'features', slugs: features };
  return epic === undefined ? null : { kind: 'beads', epic };
}

/** The key in an input. O8Error `usage` for none or several. */
export function requireKey(input: NamedSource): SourceKey {
  const names = Object.keys(sourceInputs) as (keyof typeof sourceInputs)[];
  const given = names.filter((name) => input[name] !== undefined);
  const key = keyOf(input);
  if (given.length === 1 && key !== null) return key;
  const count = given.length === 0 ? 'none was given' : `given: ${given.join(', ')}`;
  throw new O8Error(
    'usage',
    `Specify exactly one of ${names.join(', ')} (${count}).`,
    o8('plan', [placeholder('parallel-dir')]),
  );
}

/**
 * Interprets the arguments of `o8 run`: several are slugs; a single one is a slug if it could be one (`isSlug`) and is
 * not a plan folder (`isFolder`). Empty without arguments.
 */
export function namedBy(
  words: readonly string[],
  { isSlug, isFolder }: { readonly isSlug: (word: string) => boolean; readonly isFolder: (word: string) => boolean },
): NamedSource {
  const [first] = words;
  if (first === undefined) return {};
  return words.length > 1 || (isSlug(first) && !isFolder(first)) ? { features: words } : { dir: first };
}

/** The key as arguments of a command line; `namedBy` and `keyOf` turn them back into the key. */
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

/** The command that runs the plan. */
export function keyCommand(key: SourceKey): Command {
  const { command } = sourceFacts(key.kind);
  return key.kind === 'beads' ? o8(command, { epic: key.epic }) : o8(command, keyWords(key));
}

/** The key with which a plan that has been read can be read again. */
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

/** The key with absolute paths; relative ones were typed in `cwd` (absolute and real). */
export function keyFrom(key: SourceKey, cwd: string): SourceKey {
  switch (key.kind) {
    case 'manifest':
      return manifestKeyFrom(key, cwd);
    case 'features':
    case 'beads':
      return key;
  }
}

/** The key with paths as typed in the folder `from`; they are absolute in `key`. */
export function keyFor(key: SourceKey, from: string): SourceKey {
  switch (key.kind) {
    case 'manifest':
      return folderKey(relative(from, key.dir) || '.');
    case 'features':
    case 'beads':
      return key;
  }
}

/** Whether the key includes this task. */
export function includesTask(key: SourceKey, task: string): boolean {
  switch (key.kind) {
    case 'manifest':
    case 'beads':
      return true;
    case 'features':
      return key.slugs.includes(task);
  }
}

/** Whether a run of `source` works on everything the key names. */
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

/** Whether a run of `source` works on exactly what the key names; the order of slugs does not matter. */
export function isSameSource(source: PlanSource, wanted: SourceKey): boolean {
  if (!covers(source, wanted)) return false;
  return source.kind !== 'features' || (wanted.kind === 'features' && wanted.slugs.length === source.slugs.length);
}

/** The command, typed in the folder `from`, that runs the plan again. */
export function runCommand(source: PlanSource, from: string): Command {
  return keyCommand(keyFor(sourceKey(source), from));
}

/** The folder for the worktrees of a plan, as written in the settings. */
export function worktreeFolder(source: PlanSource, settings: Settings): string {
  return settings[sourceOf(source).worktrees.setting];
}

/** For all kinds of sources, because files written by another plan's run are not the user's work either. */
export function ownChanges(): OwnChange[] {
  return Object.values(FACTS).flatMap(({ ownChange }) => ownChange ?? []);
}
