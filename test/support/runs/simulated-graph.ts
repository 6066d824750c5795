import type { TaskFixture } from './plan-fixture.js';

/** A task with the time its agent takes, in milliseconds. */
export interface TimedTask extends TaskFixture {
  readonly deps: readonly string[];
  readonly wave: number;
  readonly ms: number;
}

/**
 * Shapes of plans, each as the indexes of the earlier tasks that a task waits for. With durations that are known
 * beforehand each of them takes at most 1.05 of the lower bound; a single tree does not, because near its root there is
 * less work than slots.
 */
const SHAPES = {
  /** Nothing waits. */
  independent: () => [],
  /** Ten chains of unequal length beside single tasks. */
  chains: (at, count) => (at < 10 || at > count * 0.8 ? [] : at % 10 < 5 || at < count / 2 ? [at - 10] : []),
  /** Ten layers; each task needs two of the layer before. */
  layers: (at, count, random) =>
    at < count / 10 ? [] : [1, 2].map(() => at - (at % (count / 10)) - 1 - below(random, count / 10)),
  /** Groups of ten: one task, eight that wait for it, one that waits for those. */
  diamonds: (at) => (at % 10 === 0 ? [] : at % 10 < 9 ? [at - (at % 10)] : range(at - 8, at)),
  /** Eight binary trees that begin with their roots. */
  trees: (at) => (at < 8 ? [] : [8 * (Math.floor((Math.floor(at / 8) + 1) / 2) - 1) + (at % 8)]),
  /** Each task needs up to three of the forty before it, or none. */
  random: (at, _, random) => range(0, below(random, 4)).map(() => at - 1 - below(random, Math.min(at, 40))),
} satisfies Record<string, (at: number, count: number, random: () => number) => number[]>;

export type Shape = keyof typeof SHAPES;
export const GRAPH_SHAPES = Object.keys(SHAPES) as Shape[];

/** Spread of the durations: the longest of 200 tasks takes about ten times as long as the middle one. */
const SIGMA = 0.5;
const MEDIAN_MS = 300_000;

/** The same seed makes the same graph. Ids do not tell the order in which tasks should start. */
export function timedGraph(shape: Shape, count: number, seed: number): TimedTask[] {
  const random = generator(seed);
  const edges = Array.from({ length: count }, (_, at) => {
    const needs: number[] = SHAPES[shape](at, count, random);
    return [...new Set(needs.filter((need) => need >= 0 && need < at))];
  });
  const waves: number[] = [];
  for (const needs of edges) waves.push(1 + Math.max(0, ...needs.map((need) => waves[need] ?? 0)));
  const tasks = edges.map((needs, at) => ({
    id: idOf(at),
    deps: needs.map(idOf),
    wave: waves[at] ?? 1,
    ms: Math.round(MEDIAN_MS * Math.exp(SIGMA * normal(random))),
  }));
  return shuffled(tasks, random);
}

/** No plan for this many slots can end earlier: the longest chain, or all the work over the slots. */
export function lowerBound(tasks: readonly TimedTask[], slots: number): number {
  const ends = new Map<string, number>();
  for (const task of [...tasks].sort((a, b) => a.wave - b.wave)) {
    ends.set(task.id, task.ms + Math.max(0, ...task.deps.map((dep) => ends.get(dep) ?? 0)));
  }
  const work = tasks.reduce((sum, { ms }) => sum + ms, 0);
  return Math.max(work / slots, ...ends.values());
}

function idOf(at: number): string {
  return `task-${String(at + 1).padStart(3, '0')}`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}

function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** Box and Muller's normal distribution. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
