import { join, relative, sep } from 'node:path';
import * as z from 'zod';
import {
  dependsOnLines,
  featureNames,
  IMPLEMENTATION_PLAN,
  SPEC,
  type FeatureDocument,
  type FeatureDocuments,
} from '../../core/features/feature.js';
import { quote } from '../../core/text/untrusted-text.js';
import type { FaultCollector } from '../files/fault-collector.js';
import { PlanFolder } from '../manifest/plan-folder.js';
import { resolveInside } from '../files/safe-file.js';
import { parseYaml } from '../files/safe-yaml.js';
import { FRONTMATTER } from '../manifest/task-file.js';

const STORY = /^story-.*\.md$/i;
const DEPENDS_FIX = 'Write a list of feature slugs, like depends_on: [user-auth].';

const frontmatterSchema = z.looseObject({
  depends_on: z.union([z.array(z.string()), z.string()]).nullish(),
});

export interface FeatureFolder {
  readonly documents: FeatureDocuments;
  /** The names declared in the spec's frontmatter and in its lines "Depends on: …". */
  readonly declared: readonly string[];
  readonly mentioned: readonly string[];
}

/** Reads `<featuresDir>/feature_<slug>`; missing parts are null. `root` and `featuresDir` are absolute. */
export async function readFeatureFolder(
  root: string,
  featuresDir: string,
  slug: string,
  faults: FaultCollector,
): Promise<FeatureFolder> {
  const path = join(featuresDir, `feature_${slug}`);
  const dir = relative(root, path).split(sep).join('/');
  const nothing = { documents: { slug, dir, spec: null, stories: [], plan: null }, declared: [], mentioned: [] };
  const place = await resolveInside(root, path);
  if (place.kind === 'refused') faults.add(dir, place.problem, place.fix);
  if (place.kind !== 'inside') return nothing;
  const folder = await PlanFolder.open(root, path, faults);
  const stories: FeatureDocument[] = [];
  for (const name of await folder.list('.')) {
    const story = STORY.test(name) ? await readDocument(folder, name) : null;
    if (story !== null) stories.push(story);
  }
  const spec = await readDocument(folder, SPEC);
  const documents = { slug, dir, spec, stories, plan: await readDocument(folder, IMPLEMENTATION_PLAN) };
  if (spec === null) return { ...nothing, documents };
  return { documents, declared: readDependsOn(spec, faults), mentioned: dependsOnLines(spec.text) };
}

/** Whether a feature folder with this name exists. */
export async function hasFeatureFolder(root: string, featuresDir: string, slug: string): Promise<boolean> {
  return (await resolveInside(root, join(featuresDir, `feature_${slug}`))).kind === 'inside';
}

async function readDocument(folder: PlanFolder, name: string): Promise<FeatureDocument | null> {
  const file = await folder.readOptional(name);
  return file === null || file === 'missing' ? null : { path: file.name, text: file.text };
}

function readDependsOn(spec: FeatureDocument, faults: FaultCollector): string[] {
  const frontmatter = FRONTMATTER.exec(spec.text)?.[1];
  if (frontmatter === undefined) return [];
  const parsed = parseYaml(frontmatter);
  if (parsed.kind === 'fault') {
    faults.add(spec.path, parsed.problem, parsed.fix);
    return [];
  }
  const keys = frontmatterSchema.safeParse(parsed.value ?? {});
  if (!keys.success) {
    faults.add(spec.path, `depends_on is not a list of slugs: ${quote(frontmatter)}`, DEPENDS_FIX);
    return [];
  }
  const { depends_on: named } = keys.data;
  return (typeof named === 'string' ? [named] : (named ?? [])).flatMap(featureNames);
}
