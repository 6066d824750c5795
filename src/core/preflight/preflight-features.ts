import { joined, o8, text, type Command, type Text } from '../base/text.js';
import { selectedTasks } from '../plan/build-plan.js';
import { IMPLEMENTATION_PLAN, SPEC, type Feature } from '../features/feature.js';
import {
  DEFAULTS_TEXT,
  estimateFeature,
  estimateTime,
  minutesText,
  scopeText,
  type FeatureEstimate,
  type MinutesOf,
  type TimeEstimate,
} from '../features/feature-estimate.js';
import { featureOverlaps, recommendedBatches } from '../features/feature-overlap.js';
import type { Skill } from '../features/feature-prompt.js';
import type { NewAttempt } from '../run/new-attempt.js';
import type { Plan } from '../plan/plan.js';
import { fail, findingsOr, pass, someOf, warn, type Check } from '../base/check.js';
import { startOrder } from '../plan/schedule.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable, quote } from '../text/untrusted-text.js';

/** Two copies of one plan share every file, so the list must be limited. */
const MOST_OVERLAPS = 20;

/** What the documents of a run's features contain. */
export interface FeatureDetails {
  readonly features: readonly Feature[];
  /** The repository's command that agents are told to run; null if they get the documents instead. */
  readonly skill: Skill | null;
  readonly minutesOf: MinutesOf;
  /** Features without a folder, by slug, with suggestions of what the user meant. */
  readonly nowhere: ReadonlyMap<string, { readonly isFolder: boolean; readonly near: readonly Text[] }>;
}

/** The same with facts about the repository. */
export interface FeatureFacts extends FeatureDetails {
  /** Files that agents are told to use but git does not track, so that worktrees do not have them. Relative paths. */
  readonly untracked: readonly string[];
  readonly newAttempts: readonly NewAttempt[];
}

/** Checks the documents, dependencies and overlaps of the features of this run. */
export function featureChecks(plan: Plan, facts: FeatureFacts): Check[] {
  return [
    ...documentChecks(plan, facts),
    ...untrackedChecks(facts),
    ...dependencyChecks(plan, facts.features),
    ...overlapChecks(plan, facts.features),
    ...newAttemptChecks(plan, facts.newAttempts),
    ...estimateChecks(plan, facts),
  ];
}

/** Checks each feature's specification with its required sections, its stories and its plan. */
export function documentChecks(plan: Plan, { features, nowhere }: FeatureDetails): readonly Check[] {
  const selected = selectedFeatures(plan, features);
  return [
    ...findingsOr(
      selected.flatMap((feature) => specFindings(feature, nowhere)),
      'feature-spec',
      'Every feature has its specification',
    ),
    ...findingsOr(selected.flatMap(storyFindings), 'feature-stories', 'Every feature has stories'),
    ...findingsOr(selected.flatMap(planFindings), 'feature-plan', 'Every feature has an implementation plan'),
  ];
}

/** Checks only for missing specifications, without which nothing can be planned. */
export function missingSpecs(plan: Plan, { features, nowhere }: FeatureDetails): readonly Check[] {
  return selectedFeatures(plan, features).flatMap((feature) =>
    feature.spec.kind === 'missing' ? specFindings(feature, nowhere) : [],
  );
}

/** Scope and minutes of each feature of the run in the plan's order, and of all of them. */
export function featureEstimates(
  plan: Plan,
  { features, minutesOf }: FeatureDetails,
): { readonly each: readonly FeatureEstimate[]; readonly time: TimeEstimate } {
  const each = selectedFeatures(plan, features).map((feature) => estimateFeature(feature, minutesOf));
  const minutes = new Map(each.map((estimate) => [estimate.slug, estimate.minutes]));
  const tasks = new Map(selectedTasks(plan).map((task) => [task.id, task]));
  const inOrder = startOrder(plan).flatMap((id) => {
    const task = tasks.get(id);
    return task === undefined ? [] : [{ id, deps: task.deps, minutes: minutes.get(id) ?? 0 }];
  });
  return { each, time: estimateTime(inOrder, plan.settings.maxConcurrency) };
}

/** `~75 min one after the other, ~30 min with 3 at a time`, and the basis of the estimate. */
export function timeText(plan: Plan, each: readonly FeatureEstimate[], time: TimeEstimate): string {
  const together = Math.min(plan.settings.maxConcurrency, each.length);
  const guessed = each.some(({ basis }) => basis === 'defaults');
  const basis = guessed
    ? `defaults where there is no history: ${DEFAULTS_TEXT}`
    : 'from earlier runs in this repository';
  return `${minutesText(time.alone)} one after the other, ${minutesText(time.parallel)} with ${String(together)} at a time (${basis})`;
}

/** The command lines that run the recommended batches. */
export function batchCommands(batches: readonly (readonly string[])[]): Command[] {
  return batches.map((batch) => o8('parallel', batch));
}

function selectedFeatures(plan: Plan, features: readonly Feature[]): Feature[] {
  const selected = new Set(selectedTasks(plan).map(({ id }) => id));
  return features.filter(({ slug }) => selected.has(slug));
}

function specFindings(feature: Feature, nowhere: FeatureDetails['nowhere']): Check[] {
  const { slug, dir, spec } = feature;
  const unknown = nowhere.get(slug);
  if (spec.kind === 'missing' && unknown !== undefined) {
    const what = unknown.isFolder
      ? 'a folder without manifest.json, and no feature of that name'
      : 'no folder and no feature of that name';
    const near = unknown.near.length === 0 ? [] : ['Did you mean:', ...unknown.near];
    const hint = joined([...near, `Run '${make(dir, SPEC)}' for a new feature`], '\n');
    return [fail('feature-spec', `${slug}: ${what} (${SPEC} is missing in ${printable(dir)})`, hint, [slug])];
  }
  if (spec.kind === 'missing') {
    return [
      fail(
        'feature-spec',
        `${slug}: ${SPEC} is missing in ${printable(dir)}`,
        `Run '${make(dir, SPEC)}': it must have the sections Feature Intent, Scope and Behaviour Overview`,
        [slug],
      ),
    ];
  }
  const finding = (section: string, what: string): Check =>
    fail(
      'feature-spec',
      `${slug}: section ${quote(section)} ${what} in ${SPEC}`,
      `Run '${edit(dir, SPEC)}' and write '## ${section}'`,
      [slug],
    );
  return [
    ...spec.missingSections.map((section) => finding(section, 'is missing')),
    ...spec.emptySections.map((section) => finding(section, 'is empty')),
  ];
}

function storyFindings({ slug, dir, spec, stories }: Feature): Check[] {
  if (stories > 0 || spec.kind === 'missing') return []; // the specification comes first
  return [
    warn('feature-stories', `${slug}: no story in ${printable(dir)}`, `Run '${make(dir, 'story-1.md')}'`, [slug]),
  ];
}

function planFindings({ slug, dir, spec, plan }: Feature): Check[] {
  if (plan === 'there' || spec.kind === 'missing') return [];
  const hint = `Run '${make(dir, IMPLEMENTATION_PLAN)}': its section "Files to Create/Modify" lists the files that the feature changes`;
  return [warn('feature-plan', `${slug}: ${IMPLEMENTATION_PLAN} is missing in ${printable(dir)}`, hint, [slug])];
}

function make(dir: string, name: string): string {
  return `mkdir -p ${shellQuote(dir)} && ${edit(dir, name)}`;
}

function edit(dir: string, name: string): string {
  return `"\${EDITOR:-vi}" ${shellQuote(`${dir}/${name}`)}`;
}

function untrackedChecks({ untracked }: FeatureFacts): readonly Check[] {
  if (untracked.length === 0) return [pass('feature-files', 'All files that agents are told to use are in git')];
  const paths = someOf(untracked.map(printable));
  return [
    warn(
      'feature-files',
      `Not in git, so not available in worktrees: ${paths}`,
      `Run 'git add --force ${untracked.map(shellQuote).join(' ')}' and commit, or list it in .worktreeinclude`,
    ),
  ];
}

/** Dependencies that are not part of the run, and features that are mentioned without a declared dependency. */
export function dependencyChecks(plan: Plan, features: readonly Feature[]): readonly Check[] {
  const selected = selectedFeatures(plan, features);
  const ids = new Set(plan.tasks.map(({ id }) => id)); // for tasks excluded with --skip, see the check `dependencies`
  const findings = selected.flatMap(({ slug, dir, dependsOn, names }) => [
    ...dependsOn
      .filter((other) => !ids.has(other))
      .map((other) =>
        warn(
          'feature-dependencies',
          `${slug} depends on ${printable(other)}, which is not part of this run`,
          text`Add it, unless ${plan.base.branch} has it already: ${o8('parallel', [other, ...plan.tasks.map(({ id }) => id)])}`,
          [slug],
        ),
      ),
    ...names
      .filter((other) => !dependsOn.includes(other) && !waitsFor(selected, other, slug))
      .map((other) =>
        warn(
          'feature-dependencies',
          `${slug} names ${other} but does not declare a dependency on it`,
          `If it depends on it, run '${edit(dir, SPEC)}' and write depends_on: [${other}] into its frontmatter`,
          [slug],
        ),
      ),
  ]);
  return findingsOr(findings, 'feature-dependencies', 'All dependencies between features are declared');
}

/** A feature that mentions its own dependent does not depend on it. */
function waitsFor(features: readonly Feature[], from: string, to: string): boolean {
  return features.some(({ slug, dependsOn }) => slug === from && dependsOn.includes(to));
}

function overlapChecks(plan: Plan, features: readonly Feature[]): readonly Check[] {
  const overlaps = featureOverlaps(plan, features);
  if (overlaps.length === 0) return [pass('feature-overlap', 'No two plans create or modify the same file')];
  const more = overlaps.length - MOST_OVERLAPS;
  const lines = [
    ...overlaps.slice(0, MOST_OVERLAPS).map(({ path, tasks }) => `  ${printable(path)}: ${tasks.join(', ')}`),
    ...(more > 0 ? [`  and ${String(more)} more`] : []),
  ];
  const batches = recommendedBatches(plan, features);
  return [
    warn(
      'feature-overlap',
      ['Files that several plans create or modify:', ...lines].join('\n'),
      text`Recommended batches: run '${joined(batchCommands(batches), "', then '")}'`,
      [...new Set(overlaps.flatMap(({ tasks }) => tasks))],
    ),
  ];
}

function newAttemptChecks(plan: Plan, attempts: readonly NewAttempt[]): Check[] {
  const selected = new Set(selectedTasks(plan).map(({ id }) => id));
  const again = attempts.filter(({ task }) => selected.has(task));
  return [...again.flatMap(unfinishedBefore), ...completedBefore(again)];
}

/** One finding for each run that completed features of this one. */
function completedBefore(attempts: readonly NewAttempt[]): Check[] {
  const complete = attempts.filter(({ state }) => state === 'complete');
  return [...new Set(complete.map(({ runId }) => runId))].map((runId) => {
    const of = complete.filter((attempt) => attempt.runId === runId);
    const tasks = of.map(({ task }) => task);
    const one = of.length === 1;
    const what = `${tasks.join(', ')} ${one ? 'was' : 'were'} completed by run ${runId}`;
    const kept = `${one ? 'Its' : 'Their'} commits stay at ${of.map(({ ref }) => ref).join(', ')}`;
    return warn('new-attempt', `${what}: this does ${one ? 'it' : 'them'} again`, kept, tasks);
  });
}

function unfinishedBefore({ task, runId, state, ref }: NewAttempt): Check[] {
  const kept = `Its commits stay at ${ref}`;
  switch (state) {
    case 'complete':
      return [];
    case 'merge_conflict':
    case 'merge_pending':
      return [
        warn(
          'new-attempt',
          `${task} was done by run ${runId} and is not merged yet: this run does it again`,
          text`Run '${o8('merge', { run: runId, task })}' to use that work instead. ${kept}`,
          [task],
        ),
      ];
    case 'queued':
    case 'worktree_created':
    case 'running':
    case 'failed':
    case 'blocked':
    case 'skipped':
    case 'aborted':
      return [warn('new-attempt', `${task} is a new attempt: it was ${state} in run ${runId}`, kept, [task])];
  }
}

function estimateChecks(plan: Plan, details: FeatureDetails): Check[] {
  const { each, time } = featureEstimates(plan, details);
  return [
    ...each.map((estimate) =>
      pass('feature-estimate', `${estimate.slug}: ${scopeText(estimate)}, ${minutesText(estimate.minutes)}`),
    ),
    pass('feature-estimate', `Estimated time: ${timeText(plan, each, time)}`),
  ];
}
