import { relative } from 'node:path';
import type { PlanSource } from './plan.js';
import { shellQuote } from '../text/shell-quote.js';

/** What says which plan is meant: a folder (absolute), or feature slugs in the order they were named. */
export type SourceKey =
  | { readonly kind: 'manifest'; readonly dir: string }
  | { readonly kind: 'features'; readonly slugs: readonly string[] };

/** The plan as a command line names it: its folder relative to `from`, or its slugs. */
export function sourceWords(source: PlanSource, from: string): string {
  switch (source.kind) {
    case 'manifest':
      return shellQuote(relative(from, source.dir) || '.');
    case 'features':
      return source.slugs.join(' ');
  }
}

/** What a person types to run the plan again from `from`. */
export function runCommand(source: PlanSource, from: string): string {
  switch (source.kind) {
    case 'manifest':
      return `o8 run ${sourceWords(source, from)}`;
    case 'features':
      return `o8 parallel ${sourceWords(source, from)}`;
  }
}

/** The plan as answers of tools name it. */
export function sourceView(source: PlanSource): { dir: string } | { features: string[] } {
  switch (source.kind) {
    case 'manifest':
      return { dir: source.dir };
    case 'features':
      return { features: [...source.slugs] };
  }
}

/** The folder (absolute) in which the documents of the plan are. */
export function documentsFolder(source: PlanSource): string {
  switch (source.kind) {
    case 'manifest':
      return source.dir;
    case 'features':
      return source.featuresDir;
  }
}

/** A short name of the plan for lists and headings. */
export function sourceName(source: PlanSource): string {
  switch (source.kind) {
    case 'manifest':
      return source.name;
    case 'features':
      return source.slugs.join(' ');
  }
}

/** Whether a run of `source` works on everything that is meant. */
export function covers(source: PlanSource, wanted: SourceKey): boolean {
  switch (source.kind) {
    case 'manifest':
      return wanted.kind === 'manifest' && wanted.dir === source.dir;
    case 'features':
      return wanted.kind === 'features' && wanted.slugs.every((slug) => source.slugs.includes(slug));
  }
}

/** Whether a run of `source` works on exactly what is meant; the order of slugs says nothing. */
export function isSameSource(source: PlanSource, wanted: SourceKey): boolean {
  if (!covers(source, wanted)) return false;
  return source.kind === 'manifest' || (wanted.kind === 'features' && wanted.slugs.length === source.slugs.length);
}
