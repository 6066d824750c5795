import { spell, type Reader } from '../text/spelling.js';
import { leftOutTasks, selectedTasks } from '../plan/build-plan.js';
import { formatEstimate, type DiskEstimate } from '../plan/disk-estimate.js';
import { minutesText, scopeText } from '../features/feature-estimate.js';
import { featureOverlaps, recommendedBatches } from '../features/feature-overlap.js';
import { skillCall } from '../features/feature-prompt.js';
import { commands, dependencies, heading, leftOut } from '../plan/plan-text.js';
import type { Plan } from '../plan/plan.js';
import {
  batchCommands,
  dependencyChecks,
  documentChecks,
  featureEstimates,
  timeText,
  type FeatureDetails,
} from '../preflight/preflight-features.js';
import type { Check } from '../base/check.js';
import { printable } from '../text/untrusted-text.js';
import { counted } from '../text/counted.js';
import { mergesIntoText, targetOf } from '../plan/target.js';
import { worktreeFolder } from '../plan/sources.js';

/** `o8 preflight --json` lists all of them. */
const MOST_OVERLAPS = 20;

export interface FeatureSummary {
  /** The folder of the worktrees, relative to the repository. */
  readonly folder: string;
  readonly branches: readonly string[];
  readonly maxConcurrency: number;
}

/** The fixed text before the confirmation question. */
export function featureSummary({ folder, branches, maxConcurrency }: FeatureSummary): string {
  const count = branches.length;
  return [
    'This will:',
    `• Create ${counted(count, 'git worktree')} in ${printable(folder.replace(/\/+$/, ''))}/`,
    `• Start ${counted(count, 'parallel pipeline')} (max concurrent: ${String(maxConcurrency)})`,
    `• Branches: ${branches.map(printable).join(', ')}`,
  ].join('\n');
}

function summaryOf(plan: Plan): FeatureSummary {
  return {
    folder: worktreeFolder(plan.source, plan.settings),
    branches: selectedTasks(plan).map(({ branch }) => branch),
    maxConcurrency: plan.settings.maxConcurrency,
  };
}

/**
 * The plan of a run of features for people: the summary, each feature with missing documents and its estimate, files
 * that several features change and how to split the run, time, space, commands, target. No newline at the end.
 */
export function featurePlanText(
  plan: Plan,
  disk: DiskEstimate,
  details: FeatureDetails,
  reader: Reader = 'terminal',
): string {
  const sections = [
    ['=== Parallel Execution Plan ==='],
    heading(plan),
    [featureSummary(summaryOf(plan))],
    features(plan, details, reader),
    dependencies(plan),
    undeclared(plan, details, reader),
    overlaps(plan, details, reader),
    totals(plan, disk, details),
    commands(plan),
    [toldTo(details), mergesIntoText(targetOf(plan), reader)],
    leftOut(plan),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function features(plan: Plan, details: FeatureDetails, reader: Reader): string[] {
  const { each } = featureEstimates(plan, details);
  const checks = documentChecks(plan, details).filter(({ level }) => level !== 'pass');
  const width = Math.max(0, ...each.map(({ slug }) => slug.length)) + 2;
  return [
    `Pre-flight (${counted(each.length, 'feature')}):`,
    ...each.flatMap((estimate) => {
      const { slug } = estimate;
      const found = checks.filter(({ tasks }) => tasks.includes(slug));
      const line = `${slug.padEnd(width)}${scopeText(estimate)}, ${minutesText(estimate.minutes)}`;
      return [
        `  ${markOf(found)} ${line}`,
        ...found.flatMap(({ message, hint }) => [`      ${message}`, `        ${spell(hint, reader)}`]),
      ];
    }),
  ];
}

function markOf(found: readonly Check[]): string {
  if (found.length === 0) return '✓';
  return found.some(({ level }) => level === 'fail') ? '✗' : '!';
}

function undeclared(plan: Plan, details: FeatureDetails, reader: Reader): string[] {
  const found = dependencyChecks(plan, details.features).filter(({ level }) => level !== 'pass');
  if (found.length === 0) return [];
  return [
    'Possible undeclared dependencies:',
    ...found.flatMap(({ message, hint }) => [`  - ${message}`, `      ${spell(hint, reader)}`]),
  ];
}

function overlaps(plan: Plan, details: FeatureDetails, reader: Reader): string[] {
  const found = featureOverlaps(plan, details.features);
  const batches = recommendedBatches(plan, details.features);
  const more = found.length - MOST_OVERLAPS;
  const files = [
    'Files that several plans create or modify:',
    ...found.slice(0, MOST_OVERLAPS).map(({ path, tasks }) => `  - ${printable(path)}: ${tasks.join(', ')}`),
    ...(more > 0 ? [`  - ${String(more)} more files`] : []),
  ];
  return [
    ...(found.length === 0 ? [] : files),
    ...(batches.length > 1 ? ['Recommended batches, one after the other:'] : []),
    ...(batches.length > 1 ? batchCommands(batches).map((command) => `  ${spell(command, reader)}`) : []),
  ];
}

function totals(plan: Plan, disk: DiskEstimate, details: FeatureDetails): string[] {
  const { each, time } = featureEstimates(plan, details);
  return [
    `Estimated Time: ${timeText(plan, each, time)}`,
    `Estimated Worktree Space: ${formatEstimate(disk)}`,
    ...(leftOutTasks(plan).length === 0 ? [] : [`Total Features: ${String(each.length)}`]),
  ];
}

function toldTo({ skill }: FeatureDetails): string {
  if (skill === null) return 'Agents get: specification, stories and plan (the repository has no skill for it)';
  return `Agents run: ${printable(skillCall(skill, '<slug>'))} (${printable(skill.file)})`;
}
