import {
  headingOnLine,
  hasContent,
  listItem,
  markdownSections,
  proseLines,
  type Section,
} from '../text/markdown-sections.js';
import type { RepositoryPlace } from './repository-path.js';
import { plannedFiles, type PlannedFile } from './implementation-plan.js';

/** A document of a feature; `path` is relative to the repository, with `/`. */
export interface FeatureDocument {
  readonly path: string;
  readonly text: string;
}

export interface FeatureDocuments {
  readonly slug: string;
  /** The feature's folder, relative to the repository. */
  readonly dir: string;
  readonly spec: FeatureDocument | null;
  readonly stories: readonly FeatureDocument[];
  readonly plan: FeatureDocument | null;
}

/** The content of a feature's documents, as far as o8 uses it. */
export interface Feature {
  readonly slug: string;
  readonly dir: string;
  readonly spec: SpecFinding;
  readonly plan: 'missing' | 'there';
  readonly stories: number;
  readonly criteria: number;
  readonly tests: number;
  readonly files: readonly PlannedFile[];
  /** Slugs of its declared dependencies, in this run or not. */
  readonly dependsOn: readonly string[];
  /** Other features of the run that its documents name, declared or not. */
  readonly names: readonly string[];
}

export type SpecFinding =
  | { readonly kind: 'missing' }
  | { readonly kind: 'there'; readonly missingSections: readonly string[]; readonly emptySections: readonly string[] };

export const SPEC = 'FEATURE_SPEC.md';
export const IMPLEMENTATION_PLAN = 'IMPLEMENTATION_PLAN.md';

const REQUIRED: readonly { readonly name: string; readonly title: RegExp }[] = [
  { name: 'Feature Intent', title: /^feature intent$/i },
  { name: 'Scope', title: /^scope$/i },
  { name: 'Behaviour Overview', title: /^behaviou?r overview$/i },
];

/**
 * Reads the documents of a feature. `dependsOn`: declared dependencies; `others`: slugs of the other features in the
 * run; `place`: how to resolve paths.
 */
export function readFeature(
  documents: FeatureDocuments,
  dependsOn: readonly string[],
  others: readonly string[],
  place?: RepositoryPlace,
): Feature {
  const { slug, dir, spec, stories, plan } = documents;
  const files = plan === null ? [] : plannedFiles(plan.text, place);
  const texts = [spec, plan, ...stories].flatMap((document) => document?.text ?? []);
  return {
    slug,
    dir,
    spec: spec === null ? { kind: 'missing' } : findSections(markdownSections(spec.text)),
    plan: plan === null ? 'missing' : 'there',
    stories: stories.length,
    criteria: stories.reduce((sum, story) => sum + countCriteria(story.text), 0),
    tests: countTests(spec?.text ?? '', files),
    files,
    dependsOn,
    names: others.filter((other) => other !== slug && texts.some((text) => namesFeature(text, other))),
  };
}

/** The names in the lines `Depends on: a, b` of a text, not yet checked to be features. */
export function dependsOnLines(text: string): string[] {
  return proseLines(text).flatMap((line) => {
    const plain = (listItem(line) ?? line).replaceAll(/[*_]{2}|`/g, '').trim();
    const named = /^depends on\s*:\s*(\S.*)$/i.exec(plain)?.[1];
    return named === undefined ? [] : featureNames(named);
  });
}

/** `user-auth, feature/dashboard and billing` as slugs. */
export function featureNames(list: string): string[] {
  return list
    .split(/[,;]|(?:^|\s)and(?=\s)/) // not the `and` in `search-and-filter`
    .map((name) =>
      name
        .trim()
        .replaceAll(/[`'"[\]]/g, '')
        .replace(/^feature[_/]/, '')
        .replace(/\.$/, ''),
    )
    .filter((name) => name !== '');
}

function findSections(sections: readonly Section[]): SpecFinding {
  const found = REQUIRED.map(({ name, title }) => ({
    name,
    of: sections.filter((section) => title.test(section.title)),
  }));
  return {
    kind: 'there',
    missingSections: found.filter(({ of }) => of.length === 0).map(({ name }) => name),
    emptySections: found.filter(({ of }) => of.length > 0 && !of.some(hasContent)).map(({ name }) => name),
  };
}

/** Numbered criteria (`AC-1`) if a story has them, otherwise the items below "Acceptance Criteria". */
function countCriteria(story: string): number {
  const numbered = new Set(proseLines(story).flatMap((line) => /\bAC-?(\d{1,4})\b/.exec(line)?.[1] ?? []));
  if (numbered.size > 0) return numbered.size;
  return countItems(story, /^acceptance criteria\b/i);
}

/** The spec's test themes; if it has none, the test files in the plan. */
function countTests(spec: string, files: readonly PlannedFile[]): number {
  const themes = countItems(spec, /^test(?:s|ing)?(?: (?:themes|cases|plan|scenarios))?$/i);
  return themes > 0 ? themes : files.filter(({ path }) => /(?:^|[/._-])(?:test|spec)s?(?:[/._-]|$)/i.test(path)).length;
}

function countItems(text: string, title: RegExp): number {
  const section = markdownSections(text).find((candidate) => title.test(candidate.title));
  return section?.body.filter((line) => headingOnLine(line) === null && listItem(line) !== null).length ?? 0;
}

/**
 * Whether a text names a feature: a slug of several words anywhere as a whole word; a single word, which may be an
 * ordinary one, only in code marks, after `feature_` or `feature/`, or before "feature".
 */
function namesFeature(text: string, slug: string): boolean {
  const name = slug.replaceAll(/[.+*?^$()[\]{}|\\/]/g, '\\$&');
  const folder = `feature[_/]${name}(?![\\w-]|\\.\\w)`;
  const pattern = /[-_.]/.test(slug)
    ? `${folder}|(?:^|[^\\w./-])${name}(?![\\w-]|[./]\\w)`
    : `${folder}|(?:\`|\\*\\*)${name}(?![\\w./-])|(?:^|[^\\w./-])${name} feature\\b`;
  return new RegExp(pattern, 'im').test(text);
}
