import { o8, placeholder, text } from '../../core/base/text.js';
import { agentOf } from '../../core/agents/kinds.js';
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { findCycles } from '../../core/plan/dependencies.js';
import { faultsError, O8Error } from '../../core/base/errors.js';
import { readFeature, SPEC, type Feature, type FeatureDocuments } from '../../core/features/feature.js';
import { documentsPrompt, skillPrompt, type Skill } from '../../core/features/feature-prompt.js';
import { NAME_RULE, nameProblem } from '../../core/plan/names.js';
import type { FeatureSource } from '../../core/plan/feature-source.js';
import type { SourcePlan, SourceTask } from '../../core/plan/plan.js';
import { EMPTY_SCOPE } from '../../core/scope/parse-scope.js';
import type { Settings } from '../../core/settings/settings.js';
import { quote } from '../../core/text/untrusted-text.js';
import { FaultCollector } from '../files/fault-collector.js';
import { hasFeatureFolder, readFeatureFolder, type FeatureFolder } from './feature-folder.js';
import { resolvePlannedInside } from '../files/safe-file.js';
import { findSkill } from './skill.js';

export interface LoadedFeatures {
  readonly plan: SourcePlan<FeatureSource>;
  readonly features: readonly Feature[];
  /** The command for the agents; null if the repository has none and they get the documents. */
  readonly skill: Skill | null;
}

/**
 * The plan of these features: one task each, in one wave. Reads, checks names, writes nothing; missing documents are
 * reported by preflight. O8Error `usage` for an invalid or repeated name, `refused` for more than `maxFeatures`,
 * `invalid_plan` with every fault of the documents. `root` is absolute and real.
 */
export async function loadFeatures(
  root: string,
  slugs: readonly string[],
  settings: Settings,
): Promise<LoadedFeatures> {
  checkSlugs(slugs, settings.maxFeatures);
  const faults = new FaultCollector();
  const featuresDir = resolve(root, settings.featuresDir);
  await checkWorktrees(root, slugs, settings.worktreeDir);
  const folders: FeatureFolder[] = [];
  for (const slug of slugs) folders.push(await readFeatureFolder(root, featuresDir, slug, faults));
  const file = await findSkill(root, settings.skill);
  const skill = file === null ? null : { command: slashed(settings.skill), flags: settings.skillFlags, file };
  const place = { root, has: (path: string) => existsSync(join(root, path)) };
  const tasks: SourceTask[] = [];
  const features: Feature[] = [];
  for (const folder of folders) {
    const dependsOn = await dependenciesOf(root, featuresDir, folder, slugs);
    features.push(readFeature(folder.documents, dependsOn, slugs, place));
    tasks.push({
      ...taskOf(folder.documents, skill, settings),
      deps: dependsOn.filter((name) => slugs.includes(name)).sort(byCodeUnit),
    });
  }
  for (const cycle of findCycles(new Map(tasks.map(({ id, deps }) => [id, deps])))) {
    const first = features.find(({ slug }) => slug === cycle[0]);
    const problem = `the features depend on each other: ${[...cycle, cycle[0] ?? ''].join(' -> ')}`;
    faults.add(join(first?.dir ?? '', SPEC), problem, 'Remove one of these from the depends_on of the other.');
  }
  if (!faults.empty) {
    const count = faults.all.length === 1 ? 'a fault' : `${String(faults.all.length)} faults`;
    throw faultsError(`The features have ${count}:`, text`Correct that and run: ${o8('plan', slugs)}`, faults.all);
  }
  const plan: SourcePlan<FeatureSource> = {
    source: { kind: 'features', slugs: [...slugs], featuresDir },
    settings: {},
    tasks,
    waves: [{ number: 1, validation: null }],
  };
  return { plan, features, skill };
}

function checkSlugs(slugs: readonly string[], most: number): void {
  if (slugs.length === 0) throw new O8Error('usage', 'No feature was named.', o8('plan', [placeholder('slug')]));
  const seen = new Map<string, string>();
  for (const slug of slugs) {
    const problem = nameProblem(slug);
    if (problem !== null) throw new O8Error('usage', `Feature ${problem}`, NAME_RULE);
    const other = seen.get(slug.toLowerCase());
    if (other !== undefined) {
      const message =
        other === slug
          ? `Feature ${quote(slug)} is named twice.`
          : `Features ${quote(other)} and ${quote(slug)} differ only in upper and lower case.`;
      throw new O8Error('usage', message, 'Name every feature once.');
    }
    seen.set(slug.toLowerCase(), slug);
  }
  if (slugs.length > most) {
    throw new O8Error(
      'refused',
      `${String(slugs.length)} features are more than maxFeatures allows (${String(most)}).`,
      text`Name at most ${most}, or run: ${o8('config set', ['maxFeatures', String(slugs.length)])}`,
    );
  }
}

/** A worktree folder that the settings place inside the repository must not be a link out of it. */
async function checkWorktrees(root: string, slugs: readonly string[], worktreeDir: string): Promise<void> {
  if (isAbsolute(worktreeDir) || worktreeDir.split('/').includes('..')) return; // chosen by the user
  for (const slug of slugs) {
    const place = await resolvePlannedInside(root, join(root, worktreeDir, `feat-${slug}`));
    if (place.kind !== 'refused') continue;
    const path = `${worktreeDir}/feat-${slug}`;
    throw new O8Error('refused', `The worktree ${path} ${place.problem}.`, `ls -ld ${worktreeDir} ${path}`);
  }
}

/** Limit on names to look up on disk; a line with more names does not list features. */
const MOST_MENTIONED = 200;

/** Declared names always count; words after "Depends on:" only if a feature with that name exists. */
async function dependenciesOf(
  root: string,
  featuresDir: string,
  { documents, declared, mentioned }: FeatureFolder,
  slugs: readonly string[],
): Promise<string[]> {
  const names = new Set(declared);
  for (const name of [...new Set(mentioned)].slice(0, MOST_MENTIONED)) {
    const isFeature =
      slugs.includes(name) || (nameProblem(name) === null && (await hasFeatureFolder(root, featuresDir, name)));
    if (isFeature) names.add(name);
  }
  names.delete(documents.slug);
  return [...names];
}

function taskOf(documents: FeatureDocuments, skill: Skill | null, settings: Settings): SourceTask {
  const { runsCommands } = agentOf(settings.agent);
  return {
    id: documents.slug,
    stem: documents.slug,
    wave: 1,
    deps: [],
    agent: null,
    component: null,
    prompt:
      skill === null
        ? documentsPrompt(documents, settings.verify)
        : skillPrompt(skill, documents, runsCommands, settings.verify),
    promptKind: skill === null ? 'text' : 'skill',
    promptFile: null,
    scope: EMPTY_SCOPE,
    setup: null,
    verify: null,
    timeoutMinutes: null,
    budgetUsd: null,
    retries: null,
    model: null,
  };
}

function slashed(skill: string): string {
  return skill.startsWith('/') ? skill : `/${skill}`;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
