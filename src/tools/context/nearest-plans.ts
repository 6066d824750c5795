import { joined, o8, placeholder, text, type Text, type Word } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { nearest } from '../../core/text/nearest.js';
import { O8Error } from '../../core/base/errors.js';
import { hasHiddenCharacters } from '../../core/text/untrusted-text.js';
import { featureSlugs, planFolders } from '../../sources/known/known-plans.js';

export interface Places {
  readonly root: string;
  /** Where the caller's paths are relative to. */
  readonly cwd: string;
  /** Absolute. */
  readonly featuresDir: string;
}

/** What runs the plans and features whose names are most like what was typed, the best first. */
export async function nearestCommands(typed: string, { root, cwd, featuresDir }: Places): Promise<Text[]> {
  const commands = new Map<string, Text>();
  for (const slug of await featureSlugs(featuresDir)) commands.set(slug, o8('parallel', [slug]));
  for (const folder of await planFolders(root, parentsOf(typed, { root, cwd }))) {
    const exact = basename(folder) === typed ? '   (if you mean the plan in that folder)' : '';
    commands.set(basename(folder), text`${o8('run', [relative(cwd, join(root, folder))])}${exact}`);
  }
  const names = [...commands.keys()].filter((name) => !hasHiddenCharacters(name));
  return nearest(basename(typed), names).flatMap((name) => commands.get(name) ?? []);
}

/** Plans are in `parallel/` by custom, and beside the one that was meant. */
function parentsOf(typed: string, { root, cwd }: Pick<Places, 'root' | 'cwd'>): string[] {
  const beside = relative(root, dirname(resolve(cwd, typed)));
  return beside.startsWith('..') || beside === '' ? ['parallel'] : ['parallel', beside];
}

/** For a word that names neither a folder with a plan nor a feature: what it names instead, and what comes near. */
export interface Nowhere {
  /** There is such a folder, without a manifest.json. */
  readonly isFolder: boolean;
  readonly near: readonly Text[];
}

/** By slug. */
export async function findNowhere(slugs: readonly string[], places: Places): Promise<Map<string, Nowhere>> {
  const found = new Map<string, Nowhere>();
  for (const slug of slugs) {
    if (existsSync(join(places.featuresDir, `feature_${slug}`))) continue;
    const near = await nearestCommands(slug, places);
    found.set(slug, { isFolder: existsSync(resolve(places.cwd, slug)), near });
  }
  return found;
}

/** The fault of a plan folder that is not there, with what comes near it. */
export async function withNearest(error: unknown, typed: string, places: Places): Promise<unknown> {
  const isThere = existsSync(resolve(places.cwd, typed, 'manifest.json'));
  if (!(error instanceof O8Error) || error.code !== 'invalid_plan' || isThere) return error;
  const near = await nearestCommands(typed, places);
  if (near.length === 0) return error;
  return new O8Error(error.code, error.said, joined(['Nearest:', ...near, error.hint], '\n'), error.faults);
}

/** The plan of the repository as a command line names it, a placeholder where there are none or several. */
export async function planWord(root: string): Promise<Word> {
  const [only, ...others] = await planFolders(root, ['parallel']);
  return only === undefined || others.length > 0 || hasHiddenCharacters(only) ? placeholder('parallel-dir') : only;
}
