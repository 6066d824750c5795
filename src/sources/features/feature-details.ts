import { joined, o8, text, type Text } from '../../core/base/text.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { featureOverlaps, recommendedBatches } from '../../core/features/feature-overlap.js';
import { selectedTasks } from '../../core/plan/build-plan.js';
import type { Plan } from '../../core/plan/plan.js';
import type { PlanDetails } from '../../core/preflight/plan-details.js';
import {
  featureChecks,
  featureEstimates,
  missingSpecs,
  type FeatureDetails,
} from '../../core/preflight/preflight-features.js';
import { featurePlanText } from '../../core/report/feature-plan-text.js';

/** Details from the documents of features and the history of their runs. */
export function featureDetails(details: FeatureDetails): PlanDetails {
  const { features, skill } = details;
  return {
    text: (plan, disk, reader) => featurePlanText(plan, disk, details, reader),
    overlaps: (plan) => featureOverlaps(plan, features).map((overlap) => ({ ...overlap, level: 'warn' })),
    sizes: (plan) =>
      new Map(
        featureEstimates(plan, details).each.map(({ slug, stories, criteria, tests, files, minutes }) => [
          slug,
          { stories, criteria, tests, files, minutes: Math.round(minutes) },
        ]),
      ),
    whole: (plan) => {
      const { alone, parallel } = featureEstimates(plan, details).time;
      const batches = recommendedBatches(plan, features);
      return {
        ...(batches.length > 1 ? { batches } : {}),
        minutes: { alone: Math.round(alone), parallel: Math.round(parallel) },
      };
    },
    refuseIncomplete: (plan, step) => {
      // A skill may write the specification itself; without a skill, the agent would have no instructions.
      if (step === 'preview' || skill === null) refuseMissingSpecs(plan, details);
    },
    calls: skill?.command ?? null,
    toldFiles: (plan) => toldFiles(plan, details),
    checks: (plan, found) => featureChecks(plan, { ...details, ...found }),
  };
}

/** The skill and the folders it reads; not needed if the agent gets the documents themselves. */
function toldFiles(plan: Plan, { features, skill }: FeatureDetails): string[] {
  if (skill === null) return [];
  const selected = new Set(selectedTasks(plan).map(({ id }) => id));
  const folders = features.filter(({ slug, spec }) => selected.has(slug) && spec.kind === 'there');
  return [skill.file, ...folders.map(({ dir }) => dir)];
}

function refuseMissingSpecs(plan: Plan, details: FeatureDetails): void {
  const missing = missingSpecs(plan, details);
  if (missing.length === 0) return;
  const message = missing.map((check) => check.message).join('\n');
  const folders = details.features.flatMap(({ spec, slug }) =>
    spec.kind === 'missing' && !details.nowhere.has(slug) ? folderHint(plan, slug) : [],
  );
  const hints = [...missing.map(({ hint }) => hint), ...folders];
  throw new O8Error('preflight_failed', message, joined(hints, '\n'));
}

/** A plan folder without `parallel/` is first interpreted as a feature; suggests the folder instead. */
function folderHint({ root }: Plan, slug: string): Text[] {
  const folder = join('parallel', slug);
  if (!existsSync(join(root, folder, 'manifest.json'))) return [];
  return [text`${o8('run', [folder])}   (the plan in that folder)`];
}
