import type { Feature } from './feature.js';
import { counted } from '../text/counted.js';

/** How long features took in earlier runs of this repository, in minutes; null without history. */
export type MinutesOf = (slug: string) => number | null;

export interface FeatureEstimate {
  readonly slug: string;
  readonly stories: number;
  readonly criteria: number;
  readonly tests: number;
  readonly files: number;
  readonly minutes: number;
  readonly basis: 'history' | 'defaults';
}

export interface TimeEstimate {
  /** Minutes for all features one after the other, and with the parallelism that the settings allow. */
  readonly alone: number;
  readonly parallel: number;
}

/**
 * The assumed effort of a feature without history: three stories and five files take half an hour, the default time
 * limit of a feature's agent. Useful for comparison, not as a forecast.
 */
export const DEFAULT_MINUTES = { feature: 5, story: 5, file: 2 } as const;

export const DEFAULTS_TEXT = `${String(DEFAULT_MINUTES.feature)} minutes a feature, ${String(DEFAULT_MINUTES.story)} a story, ${String(DEFAULT_MINUTES.file)} a file`;

export function estimateFeature(feature: Feature, minutesOf: MinutesOf): FeatureEstimate {
  const { slug, stories, criteria, tests } = feature;
  const files = feature.files.length;
  const known = minutesOf(slug);
  return {
    slug,
    stories,
    criteria,
    tests,
    files,
    minutes: known ?? DEFAULT_MINUTES.feature + stories * DEFAULT_MINUTES.story + files * DEFAULT_MINUTES.file,
    basis: known === null ? 'defaults' : 'history',
  };
}

/** The tasks in the order in which they start; dependencies that are not among them count as done. */
export function estimateTime(
  tasks: readonly { readonly id: string; readonly deps: readonly string[]; readonly minutes: number }[],
  maxConcurrency: number,
): TimeEstimate {
  const ends = new Map<string, number>();
  const waiting = new Map(tasks.map((task) => [task.id, task]));
  const slots = Array.from({ length: Math.max(1, maxConcurrency) }, () => 0);
  while (waiting.size > 0) {
    const begins = [...waiting.values()]
      .filter(({ deps }) => !deps.some((dep) => waiting.has(dep)))
      .map((task) => ({ task, from: Math.max(0, ...task.deps.map((dep) => ends.get(dep) ?? 0)) }));
    const free = Math.min(...slots);
    // The task that can start first; if there are several, the first in the list.
    const [next] = begins.sort((a, b) => Math.max(free, a.from) - Math.max(free, b.from));
    if (next === undefined) break; // a cycle, which valid plans do not have
    const end = Math.max(free, next.from) + next.task.minutes;
    slots[slots.indexOf(free)] = end;
    ends.set(next.task.id, end);
    waiting.delete(next.task.id);
  }
  return {
    alone: tasks.reduce((sum, { minutes }) => sum + minutes, 0),
    parallel: Math.max(0, ...ends.values()),
  };
}

/** `3 stories, 9 acceptance criteria, 4 tests, 6 files` */
export function scopeText({ stories, criteria, tests, files }: FeatureEstimate): string {
  return [
    counted(stories, 'story', 'stories'),
    counted(criteria, 'acceptance criterion', 'acceptance criteria'),
    counted(tests, 'test'),
    counted(files, 'file'),
  ].join(', ');
}

/** `~45 min`, `~1 h 30 min` */
export function minutesText(minutes: number): string {
  const whole = Math.max(1, Math.round(minutes));
  const hours = Math.floor(whole / 60);
  if (hours === 0) return `~${String(whole)} min`;
  return whole % 60 === 0 ? `~${String(hours)} h` : `~${String(hours)} h ${String(whole % 60)} min`;
}
