import { joined, o8, placeholder, text, type Text, type Word } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { nearest } from '../../core/text/nearest.js';
import { O8Error } from '../../core/base/errors.js';
import { hasHiddenCharacters } from '../../core/text/untrusted-text.js';
import { featureSlugs, planFolders } from '../../sources/known/known-plans.js';

export interface Places {
  readonly root: string;
  /** The folder to which the caller's paths are relative. */
  readonly cwd: string;
  /** Absolute. */
  readonly featuresDir: string;
}

/** Commands that run the plans and features with names most similar to what was typed, best match first. */
export async function nearestCommands(typed: string, { root, cwd, featuresDir }: Places): Promise<Text[]> {
  const commands = new Map<string, Text>();
  for (const slug of await featureSlugs(featuresDir)) commands.set(slug, o8('parallel', [slug]));
  for (const folder of await planFolders(root, parentsOf(typed, { root, cwd }))) {
    const exact = basename(folder) === typed ? '   (the plan in that folder)' : '';
    commands.set(basename(folder), text`${o8('run', [relative(cwd, join(root, folder))])}${exact}`);
  }
  const names = [...commands.keys()].filter((name) => !hasHiddenCharacters(name));
  return nearest(basename(typed), names).flatMap((name) => commands.get(name) ?? []);
}

/** Folders to search for plans: `parallel/`, and the parent of the path that was typed. */
function parentsOf(typed: string, { root, cwd }: Pick<Places, 'root' | 'cwd'>): string[] {
  const beside = relative(root, dirname(resolve(cwd, typed)));
  return beside.startsWith('..') || beside === '' ? ['parallel'] : ['parallel', beside];
}

/** For an argument that names neither a plan folder nor a feature: similar names. */
export interface Nowhere {
  /** A folder of that name exists, without a manifest.json. */
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

/** Adds similar names to the error for a plan folder that does not exist. */
export async function withNearest(error: unknown, typed: string, places: Places): Promise<unknown> {
  const isThere = existsSync(resolve(places.cwd, typed, 'manifest.json'));
  if (!(error instanceof O8Error) || error.code !== 'invalid_plan' || isThere) return error;
  const near = await nearestCommands(typed, places);
  if (near.length === 0) return error;
  return new O8Error(error.code, error.said, joined(['Did you mean:', ...near, error.hint], '\n'), error.faults);
}

/** The only plan folder of the repository, as an argument; a placeholder when there are none or several. */
export async function planWord(root: string): Promise<Word> {
  const [only, ...others] = await planFolders(root, ['parallel']);
  return only === undefined || others.length > 0 || hasHiddenCharacters(only) ? placeholder('parallel-dir') : only;
}
